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
  description = "The host name that visitors use, with its certificate in us-east-1, or null for CloudFront's own name."
  type = object({
    name            = string
    certificate_arn = string
  })
  default = null
}

variable "api_domain" {
  description = "The host that answers /api/*, or null while there is none."
  type        = string
  default     = null
}
