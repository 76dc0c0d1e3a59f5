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
  description = "The host name that visitors use, further names for it, and the Route 53 zone that all of them lie in; or null for CloudFront's own name."
  type = object({
    name    = string
    aliases = optional(set(string), [])
    zone_id = string
  })
  default = null

  validation {
    condition     = var.domain == null ? true : can(regex("^Z[A-Z0-9]+$", var.domain.zone_id))
    error_message = "A zone's id begins with Z: infra/account prints it, and so does `aws route53 list-hosted-zones`."
  }

  validation {
    condition = var.domain == null ? true : alltrue([
      for name in concat([var.domain.name], tolist(var.domain.aliases)) : can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", name))
    ])
    error_message = "A domain is a host name in lower case, without a scheme, a path or a wildcard."
  }
}

variable "api" {
  description = "Where /api/* goes: host, the path before every address, and the header that proves that a request came through here; or null while there is no API."
  type = object({
    domain       = string
    path         = optional(string, "")
    header_name  = string
    header_value = string
  })
  default = null

  validation {
    condition     = var.api == null ? true : can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.api.domain))
    error_message = "The API's domain is a host name in lower case, without a scheme or a path."
  }

  validation {
    condition     = var.api == null ? true : var.api.path == "" || can(regex("^/.*[^/]$", var.api.path))
    error_message = "The API's path begins with a slash and does not end with one, or is empty."
  }
}

variable "firewall" {
  description = "Whether AWS WAF stands before the distribution; it costs some dollars a month whatever it sees."
  type        = bool
}

variable "replica_region" {
  description = "The region of the provider aws.replica, to keep a copy of every object there and serve pages from it when the first is not well; or null for no copy."
  type        = string
  default     = null

  validation {
    condition     = var.replica_region == null ? true : var.replica_region != var.region
    error_message = "A copy in the same region is lost with it."
  }
}

variable "log_days" {
  description = "For how long access logs are kept."
  type        = number

  validation {
    condition     = var.log_days >= 1 && var.log_days <= 400
    error_message = "Access logs are kept for 1 to 400 days: they are about people."
  }
}
