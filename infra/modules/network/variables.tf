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
  description = "The region of the network."
  type        = string
}

variable "cidr" {
  description = "The network's private addresses; each environment has its own, so that two can be joined one day."
  type        = string
  default     = "10.20.0.0/22"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.).*/(1[6-9]|2[0-4])$", var.cidr))
    error_message = "The cidr is a block of private addresses between /16 and /24, like 10.20.0.0/22."
  }
}

variable "zones" {
  description = "The two availability zones of the region, by their letters."
  type        = list(string)
  default     = ["a", "b"]

  validation {
    condition     = length(distinct(var.zones)) == 2 && length(var.zones) == 2 && alltrue([for zone in var.zones : can(regex("^[a-f]$", zone))])
    error_message = "Name two different zones by their letters, like [\"a\", \"b\"]."
  }
}

variable "egress" {
  description = "How the functions reach what is outside: ipv6 (a gateway that only lets out, free), nat (IPv4 too, costly) or none."
  type        = string
  default     = "ipv6"

  validation {
    condition     = contains(["ipv6", "nat", "none"], var.egress)
    error_message = "The egress is ipv6, nat or none; docs/decisions/0029-out-by-ipv6.md says what each costs."
  }
}

variable "endpoints" {
  description = "The AWS services that get an interface endpoint, by their short names (sqs, sns, email, secretsmanager); each costs by the hour, in both zones."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.endpoints : can(regex("^[a-z][a-z0-9.-]*$", name))])
    error_message = "An endpoint is the short name of a service, like sqs."
  }
}

variable "flow_log_days" {
  description = "For how many days the network's log is kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365], var.flow_log_days)
    error_message = "CloudWatch keeps logs for 7, 14, 30, 60, 90, 180 or 365 days."
  }
}

variable "flow_log_traffic" {
  description = "What the network's log tells of: ALL, or only what was REJECTed."
  type        = string
  default     = "ALL"

  validation {
    condition     = contains(["ALL", "REJECT"], var.flow_log_traffic)
    error_message = "The flow log tells of ALL or of REJECT."
  }
}
