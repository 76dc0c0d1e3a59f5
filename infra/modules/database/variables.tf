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
  description = "The region of the database."
  type        = string
}

variable "subnet_ids" {
  description = "The network's data subnets, in two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A database that can move to another zone needs subnets in two."
  }
}

variable "security_group_ids" {
  description = "The groups of the database and of the proxy, from module network."
  type        = object({ database = string, proxy = string })
}

variable "kind" {
  description = "What runs it: instance (RDS for PostgreSQL), or aurora (Aurora Serverless v2, which can sleep)."
  type        = string
  default     = "instance"

  validation {
    condition     = contains(["instance", "aurora"], var.kind)
    error_message = "The kind is instance or aurora."
  }
}

variable "engine_version" {
  description = "PostgreSQL's version, or null for the one that this module was made for."
  type        = string
  default     = null

  validation {
    condition     = var.engine_version == null ? true : can(regex("^(1[6-9]|[2-9][0-9])(\\.[0-9]+)?$", var.engine_version))
    error_message = "PostgreSQL 16 or newer is needed, like 17 or 17.6."
  }
}

variable "instance_class" {
  description = "How large the instance is; Aurora's size follows what is asked of it."
  type        = string
  default     = "db.t4g.micro"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "An instance class is like db.t4g.micro."
  }
}

variable "storage_gigabytes" {
  description = "How much the instance can keep, and how far that grows by itself."
  type        = object({ first = number, most = number })
  default     = { first = 20, most = 100 }

  validation {
    condition     = var.storage_gigabytes.first >= 20 && var.storage_gigabytes.most > var.storage_gigabytes.first
    error_message = "The storage begins with at least 20 gigabytes, and has room to grow."
  }
}

variable "capacity" {
  description = "Aurora's capacity units: least (0 lets it sleep) and most, and after how many quiet seconds it falls asleep."
  type        = object({ least = number, most = number, quiet_seconds = number })
  default     = { least = 0, most = 2, quiet_seconds = 300 }

  validation {
    condition     = var.capacity.least >= 0 && var.capacity.most >= 1 && var.capacity.most >= var.capacity.least
    error_message = "The most of the capacity is at least 1, and no less than its least."
  }

  validation {
    condition     = var.capacity.quiet_seconds >= 300 && var.capacity.quiet_seconds <= 86400
    error_message = "Aurora falls asleep after 300 to 86400 quiet seconds."
  }
}

variable "multi_az" {
  description = "Whether a second server in another zone takes over by itself."
  type        = bool
  default     = false
}

variable "proxy" {
  description = "Whether a proxy stands before the database, for many functions at once."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether the database refuses to be deleted."
  type        = bool
  default     = true
}

variable "monitoring_seconds" {
  description = "How often the machine below the database is measured, in seconds; 0 for never."
  type        = number
  default     = 0

  validation {
    condition     = contains([0, 1, 5, 10, 15, 30, 60], var.monitoring_seconds)
    error_message = "RDS measures every 1, 5, 10, 15, 30 or 60 seconds, or never (0)."
  }
}

variable "log_days" {
  description = "For how many days the server's log is kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365], var.log_days)
    error_message = "CloudWatch keeps logs for 7, 14, 30, 60, 90, 180 or 365 days."
  }
}

variable "backup" {
  description = "For how many days any moment can be had back, which region keeps a second copy (null for none), and whether a restore is tried each month."
  type = object({
    days         = number
    copy_region  = optional(string)
    restore_test = optional(bool, false)
  })
  default = { days = 7 }

  validation {
    condition     = var.backup.days >= 1 && var.backup.days <= 35
    error_message = "Any moment of the last 1 to 35 days can be had back; without backups there is no way back at all."
  }

  validation {
    condition     = var.backup.copy_region == null ? true : var.backup.copy_region != var.region
    error_message = "A copy in the same region is lost with it; name another one."
  }
}
