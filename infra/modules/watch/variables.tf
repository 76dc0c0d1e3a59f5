variable "environment" {
  description = "Which environment this is; it names everything."
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
  description = "The region of everything that has one."
  type        = string
}

variable "alarm_addresses" {
  description = "Who is told, by mail; each has to confirm once."
  type        = set(string)

  validation {
    condition     = length(var.alarm_addresses) > 0 && alltrue([for one in var.alarm_addresses : can(regex("^[^@\\s]+@[^@\\s]+$", one))])
    error_message = "Give at least one mail address: an alarm that nobody hears is none."
  }
}

variable "site_url" {
  description = "Where the site is for its visitors; the watching visitor looks there."
  type        = string

  validation {
    condition     = can(regex("^https://[a-z0-9.-]+$", var.site_url))
    error_message = "The site's address is https:// and a host, without a path."
  }
}

variable "distribution_id" {
  description = "The distribution, whose figures are on the dashboard."
  type        = string
}

variable "package" {
  description = "The file that `make package` writes: the watching visitor is in it. Null leaves the visitor out."
  type        = string
  default     = null
}

variable "api" {
  description = "What the module api made, or null where there is no API."
  type = object({
    functions              = object({ app = string, work = string, migrate = string, rotate = string })
    gateway                = object({ name = string, stage = string })
    queues                 = object({ messages = string, dead = string })
    metrics_namespace      = string
    mail_configuration_set = string
    log_group_names        = map(string)
  })
  default = null
}

variable "database" {
  description = "The database: its identifier, whether it is one instance or Aurora, and how many connections are many. Null where there is none."
  type = object({
    identifier  = string
    kind        = string
    connections = optional(number, 60)
  })
  default = null

  validation {
    condition     = var.database == null ? true : contains(["instance", "aurora"], var.database.kind)
    error_message = "A database is an instance or aurora."
  }
}

variable "log_days" {
  description = "How long the visitor's log is kept."
  type        = number
  default     = 30
}
