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

variable "owner_address" {
  description = "Who gets the messages that visitors write; needed where there is a domain."
  type        = string
  default     = null
}

variable "alarm_addresses" {
  description = "Who is told when something is wrong, by mail; each has to confirm once."
  type        = set(string)
}

variable "package" {
  description = "The API's package for its very first version, or null for what `make package` writes."
  type        = string
  default     = null
}

variable "reserves_concurrency" {
  description = "Whether a part of the account's function runs is set aside for each function; a new account has none to set aside."
  type        = bool
  default     = false
}

variable "origin_keys" {
  description = "The names of the keys that the API's gateway takes, and of the one that the CDN sends; docs/runbooks/deploy.md says how to replace it."
  type = object({
    accepted = set(string)
    sent     = string
  })
  default = { accepted = ["first"], sent = "first" }
}

variable "publisher_package" {
  description = "The package of the function that asks for what is due, or null for what `make package-publisher` writes; asked for only where there is one."
  type        = string
  default     = null
}

variable "cache" {
  description = "Whether the limits for each visitor are counted in a cache (Valkey) and not in the database; docs/cost.md says for how much."
  type        = bool
  default     = false
}

variable "proxy" {
  description = "Whether a proxy (RDS Proxy) stands before the database, for many functions at once; docs/cost.md says for how much."
  type        = bool
  default     = false
}
