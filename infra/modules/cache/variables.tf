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
  description = "The region of the cache."
  type        = string
}

variable "subnet_ids" {
  description = "The network's data subnets, in two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A cache that can move to another zone needs subnets in two."
  }
}

variable "security_group_id" {
  description = "The cache's group, from module network."
  type        = string
}

variable "most" {
  description = "How much it may keep and do, so that a flood costs no more than this: gigabytes, and processing units a second."
  type        = object({ gigabytes = number, units_per_second = number })
  default     = { gigabytes = 1, units_per_second = 1000 }

  validation {
    condition     = var.most.gigabytes >= 1 && var.most.units_per_second >= 1000
    error_message = "ElastiCache takes limits from 1 gigabyte and 1000 units a second on."
  }
}
