variable "environment" {
  description = "Which environment this is."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "production"], var.environment)
    error_message = "The environment must be dev, staging or production."
  }
}

variable "account" {
  description = "The account that this environment lives in."
  type        = string
}

variable "region" {
  description = "The region of everything that has one: that of the provider aws."
  type        = string
}

variable "second_region" {
  description = "Where copies lie that must outlive the first region: that of the provider aws.replica."
  type        = string
}

variable "domain" {
  description = "The host name that visitors use, further names for it, and the Route 53 zone that all of them lie in; or null for CloudFront's own name, and no API."
  type = object({
    name    = string
    aliases = optional(set(string), [])
    zone_id = string
  })
}

variable "repository" {
  description = "The GitHub repository whose runs may deploy, as owner/name."
  type        = string
}
