variable "environment" {
  description = "Which environment the role deploys to; a run of the GitHub environment of this name may take it on."
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

variable "repository" {
  description = "The GitHub repository whose runs may take on the role, as owner/name."
  type        = string

  validation {
    # A wildcard here would let a stranger's repository in.
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "The repository is owner/name, as in its address on GitHub, without a wildcard."
  }
}

variable "bucket_arn" {
  description = "The environment's bucket, which a deploy writes to."
  type        = string
}

variable "kvs_arn" {
  description = "The environment's KeyValueStore, which holds the pointer."
  type        = string
}

variable "promotes_from" {
  description = "The environment whose releases are taken over by `publish.py promote`, and may therefore be read; or null for none."
  type        = string
  default     = null
}

variable "api" {
  description = "The ARNs of the functions that a deploy gives new code to and asks, of those that only get the code of what is live, the alias that requests go through, and the vault of the database's backups; or null while there is no API."
  type = object({
    functions        = map(string)
    followers        = optional(list(string), [])
    alias            = string
    backup_vault_arn = string
  })
  default = null
}
