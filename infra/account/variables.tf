variable "account" {
  description = "The account, twelve digits."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "An account is twelve digits."
  }
}

variable "region" {
  description = "The region of the two buckets."
  type        = string
  default     = "eu-central-1"
}

variable "zones" {
  description = "The domains whose DNS is to be kept in Route 53; a zone that is there already is named to the environments by its id, and not here."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", zone))])
    error_message = "A zone is a domain in lower case, without a scheme or a path."
  }
}

variable "monthly_budget" {
  description = "How many dollars a month may cost, all environments together; docs/cost.md says what to expect."
  type        = number

  validation {
    condition     = var.monthly_budget > 0
    error_message = "A budget is more than nothing."
  }
}

variable "told_of_costs" {
  description = "The mail addresses that hear of the budget, of costs that are unlike other days, and of a zone that cannot be signed."
  type        = set(string)

  validation {
    condition     = length(var.told_of_costs) >= 1 && alltrue([for address in var.told_of_costs : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "Somebody must be told: give at least one mail address."
  }
}

variable "anomaly_monitor_arn" {
  description = "The account's own monitor of costs by service, where it has one already (`aws ce get-anomaly-monitors`); or null to make one."
  type        = string
  default     = null
}

variable "trail" {
  description = "Whether it is written down who did what in the account (CloudTrail); not where an organization's trail does that already."
  type        = bool
  default     = true
}

variable "signed_zones" {
  description = "Those of the zones that are signed (DNSSEC); docs/runbooks/sign-the-zone.md says what else that takes, and in which order."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.signed_zones, var.zones)) == 0
    error_message = "Only a zone of var.zones can be signed here."
  }
}
