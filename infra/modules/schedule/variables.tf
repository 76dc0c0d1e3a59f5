variable "environment" {
  description = "Which environment is watched for what is due; there is one for the whole repository, of production."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "production"], var.environment)
    error_message = "The environment must be dev, staging or production."
  }
}

variable "account" {
  description = "The account that all of it belongs to."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "An account is twelve digits."
  }
}

variable "region" {
  description = "The region of the function and of its secret."
  type        = string
}

variable "site_url" {
  description = "The site whose schedule.json says what is next."
  type        = string

  validation {
    condition     = can(regex("^https://[^/]+$", var.site_url))
    error_message = "A site is https:// and a host's name, and nothing after it."
  }
}

variable "repository" {
  description = "Owner and name of the repository on GitHub whose workflow publishes."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "A repository is owner/name."
  }
}

variable "package" {
  description = "The function's package: what `make package-publisher` writes."
  type        = string
}

variable "alarm_topic_arn" {
  description = "The SNS topic that hears of a publication that could not be asked for; or null for nobody."
  type        = string
  default     = null
}

variable "log_days" {
  description = "How long the function's log is kept."
  type        = number
  default     = 30
}
