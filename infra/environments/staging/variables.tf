variable "account" {
  description = "The account that this environment lives in."
  type        = string
}

variable "region" {
  description = "The region of everything that has one."
  type        = string
  default     = "eu-central-1"
}

variable "domain" {
  description = "The host name that visitors use, further names for it, and the certificate of all of them in us-east-1; or null for CloudFront's own name."
  type = object({
    name            = string
    aliases         = optional(set(string), [])
    certificate_arn = string
  })
  default = null
}

variable "api_domain" {
  description = "The host that answers /api/*, or null while there is none."
  type        = string
  default     = null
}
