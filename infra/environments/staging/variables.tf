variable "account" {
  description = "The account that this environment lives in, twelve digits."
  type        = string
}

variable "region" {
  description = "The region of everything that has one."
  type        = string
  default     = "eu-central-1"
}

variable "second_region" {
  description = "Where copies lie that must outlive the first region."
  type        = string
  default     = "eu-west-1"
}

variable "domain" {
  description = "The host name that visitors use, further names for it, and the Route 53 zone that all of them lie in; or null for CloudFront's own name, and no API."
  type = object({
    name    = string
    aliases = optional(set(string), [])
    zone_id = string
  })
  default = null
}

variable "repository" {
  description = "The GitHub repository whose runs may deploy, as owner/name."
  type        = string
}
