variable "name" {
  description = "What the topic is called; its key has the same name."
  type        = string
}

variable "account" {
  description = "The account that all of it belongs to."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "An account is twelve digits."
  }
}

variable "speakers" {
  description = "The AWS services that may speak to it, of this account alone."
  type        = list(string)

  validation {
    condition     = length(var.speakers) > 0 && alltrue([for one in var.speakers : endswith(one, ".amazonaws.com")])
    error_message = "Give at least one service by its whole name, such as cloudwatch.amazonaws.com."
  }
}

variable "addresses" {
  description = "Who is told, by mail; each has to confirm once."
  type        = set(string)

  validation {
    condition     = length(var.addresses) > 0 && alltrue([for one in var.addresses : can(regex("^[^@\\s]+@[^@\\s]+$", one))])
    error_message = "Give at least one mail address: an alarm that nobody hears is none."
  }
}
