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
  description = "The region of everything that has one."
  type        = string
}

variable "package" {
  description = "The file that `make package` writes, for the very first version; every later one is brought by publish.py."
  type        = string
}

variable "network" {
  description = "Where the functions run: private subnets in two zones, their security group, and whether they go out by IPv6."
  type = object({
    subnet_ids        = list(string)
    security_group_id = string
    is_dual_stack     = optional(bool, false)
  })

  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "Give subnets in two zones, so that the API outlives one."
  }
}

variable "database" {
  description = "The addresses of PostgreSQL for the API and for migrating, without passwords; what each is allowed to connect as; the secret with which migrating makes a new server's roles, and the proxy's, where there is one."
  type = object({
    url               = string
    owner_url         = string
    user_connect_arn  = string
    owner_connect_arn = string
    master_secret_arn = string
    proxy_secret_arn  = optional(string)
  })

  validation {
    condition     = var.database.url != var.database.owner_url && var.database.user_connect_arn != var.database.owner_connect_arn
    error_message = "The API must not connect as the role that owns the tables."
  }
  validation {
    condition = alltrue([
      for url in [var.database.url, var.database.owner_url] : can(regex("^postgresql://[a-z0-9_]+@[^?]+\\?sslmode=verify-full&sslrootcert=/", url))
    ])
    error_message = "An address has a user and no password, and says sslmode=verify-full and where the certificates are."
  }
}

variable "cache" {
  description = "The cache for rate limits and what connecting to it takes, or null: PostgreSQL keeps them then."
  type = object({
    url          = string
    connect_arns = list(string)
  })
  default = null
}

variable "site_url" {
  description = "Where the site is for its visitors: links in mails lead there."
  type        = string

  validation {
    condition     = can(regex("^https://[a-z0-9.-]+$", var.site_url))
    error_message = "The site's address is https:// and a host, without a path."
  }
}

variable "mail" {
  description = "The domain that mail is sent from, the sender, the owner who gets the messages, and the Route 53 zone that proves the domain; without a zone the output mail_records says what to enter elsewhere."
  type = object({
    domain        = string
    from          = string
    owner_address = string
    zone_id       = optional(string)
  })

  validation {
    condition     = endswith(var.mail.from, "@${var.mail.domain}")
    error_message = "The sender must be an address of the domain, or SES refuses the mail."
  }
}

variable "alarm_topic_arn" {
  description = "Who is told when a rollback was called for, and of mail that came back."
  type        = string
}

variable "tell_by_topic" {
  description = "Whether the owner's programs are told of each message by a topic, besides the mail."
  type        = bool
  default     = false
}

variable "origin_keys" {
  description = "The names of the keys that the gateway takes from the CDN, and of the one that the CDN sends; to replace it, add one, send it, then take the old one away."
  type = object({
    accepted = set(string)
    sent     = string
  })
  default = { accepted = ["first"], sent = "first" }

  validation {
    condition     = contains(var.origin_keys.accepted, var.origin_keys.sent)
    error_message = "What the CDN sends must be accepted."
  }
  validation {
    condition     = length(var.origin_keys.accepted) <= 2
    error_message = "One key is in use, and one may be on its way in or out; a third is forgotten somewhere."
  }
}

variable "rotation_days" {
  description = "How often the signing secret is replaced. A process that is older than this would not know the newest signatures; Lambda lets none live for a day."
  type        = number
  default     = 30
}

variable "throttle" {
  description = "How many requests the gateway lets through each second, and at once; the CDN's firewall has its limit for each visitor."
  type = object({
    rate  = number
    burst = number
  })
  default = { rate = 50, burst = 100 }
}

variable "concurrency" {
  description = "How many of each function may run at once; each holds one connection to the database. Null leaves it open, which a new account with its ten in all has to."
  type = object({
    app     = number
    work    = number
    migrate = number
    rotate  = optional(number, 1)
  })
  default = { app = 20, work = 1, migrate = 1 }
}

variable "shift" {
  description = "How a new version gets its requests: CodeDeploy's name for it."
  type        = string
  default     = "CodeDeployDefault.LambdaCanary10Percent5Minutes"

  validation {
    condition     = startswith(var.shift, "CodeDeployDefault.Lambda")
    error_message = "Give one of CodeDeploy's own for Lambda, such as CodeDeployDefault.LambdaCanary10Percent5Minutes or CodeDeployDefault.LambdaAllAtOnce."
  }
}

variable "log_days" {
  description = "How long the logs are kept; they hold ids, counts and statuses, no address and no text."
  type        = number
  default     = 90
}

variable "logs" {
  description = "Where CloudFront puts its access logs, for the worker to count pages from: the bucket, and what their names begin with; or null to count none."
  type = object({
    bucket = string
    prefix = string
  })
  default = null
}
