variable "environment" {
  description = "Which environment this is; it names everything, and only production may be found by search engines."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "production"], var.environment)
    error_message = "The environment must be dev, staging or production."
  }
}

variable "region" {
  description = "The region of the bucket."
  type        = string
}

variable "account" {
  description = "The account that all of it belongs to; publish.py refuses the credentials of any other."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "An account is twelve digits."
  }
}

variable "domain" {
  description = "The host name that visitors use, further names for it, and the certificate of all of them in us-east-1; or null for CloudFront's own name."
  type = object({
    name            = string
    aliases         = optional(set(string), [])
    certificate_arn = string
  })
  default = null

  validation {
    condition     = var.domain == null ? true : can(regex("^arn:aws:acm:us-east-1:[0-9]{12}:certificate/", var.domain.certificate_arn))
    error_message = "CloudFront takes certificates of us-east-1 only."
  }

  validation {
    condition = var.domain == null ? true : alltrue([
      for name in concat([var.domain.name], tolist(var.domain.aliases)) : can(regex("^(\\*\\.)?([a-z0-9-]+\\.)+[a-z]{2,}$", name))
    ])
    error_message = "A domain is a host name in lower case, without a scheme or a path."
  }
}

variable "api_domain" {
  description = "The host that answers /api/*, or null while there is none."
  type        = string
  default     = null

  validation {
    condition     = var.api_domain == null ? true : can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.api_domain))
    error_message = "The API's domain is a host name in lower case, without a scheme or a path."
  }
}
