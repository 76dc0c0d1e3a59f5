# One environment, whole. What differs between the three is in the table below and nowhere else.

locals {
  stages = {
    # Cheap: the smallest server, and no firewall. Aurora would have to sleep to cost less, and the worker asks each minute.
    dev = {
      firewall            = false
      is_replicated       = false
      database_kind       = "instance"
      multi_az            = false
      deletion_protection = false
      backup_days         = 1
      restore_test        = false
      log_days            = 14
      promotes_from       = null

      publishes_what_is_due = false
      cidr                  = "10.20.0.0/22"
    }
    # As production, so that what is tried here is what will be; but for what only matters when a zone or a region is lost.
    staging = {
      firewall            = true
      is_replicated       = false
      database_kind       = "instance"
      multi_az            = false
      deletion_protection = false
      backup_days         = 3
      restore_test        = false
      log_days            = 30
      promotes_from       = null

      publishes_what_is_due = false
      cidr                  = "10.20.4.0/22"
    }
    production = {
      firewall            = true
      is_replicated       = true
      database_kind       = "instance"
      multi_az            = true
      deletion_protection = true
      backup_days         = 14
      restore_test        = true
      log_days            = 90
      promotes_from       = "staging"

      publishes_what_is_due = true
      cidr                  = "10.20.8.0/22"
    }
  }
  stage = local.stages[var.environment]

  # An API sends mails that link to the site, so there is one only where the site has a name of its own.
  has_api = var.domain != null

  package = coalesce(var.package, "${path.root}/../../../dist/api.zip")
}

module "site" {
  source = "../site"

  providers = {
    aws         = aws
    aws.global  = aws.global
    aws.replica = aws.replica
  }

  environment    = var.environment
  account        = var.account
  region         = var.region
  domain         = var.domain
  api            = one(module.api[*].origin)
  firewall       = local.stage.firewall
  replica_region = local.stage.is_replicated ? var.second_region : null
  log_days       = local.stage.log_days
}

module "network" {
  source = "../network"
  count  = local.has_api ? 1 : 0

  environment   = var.environment
  account       = var.account
  region        = var.region
  cidr          = local.stage.cidr
  flow_log_days = local.stage.log_days
}

module "database" {
  source = "../database"
  count  = local.has_api ? 1 : 0

  providers = {
    aws         = aws
    aws.replica = aws.replica
  }

  environment         = var.environment
  account             = var.account
  region              = var.region
  subnet_ids          = module.network[0].data_subnet_ids
  security_group_ids  = { database = module.network[0].security_group_ids.database, proxy = module.network[0].security_group_ids.proxy }
  kind                = local.stage.database_kind
  proxy               = var.proxy
  multi_az            = local.stage.multi_az
  deletion_protection = local.stage.deletion_protection
  log_days            = local.stage.log_days
  backup = {
    days         = local.stage.backup_days
    copy_region  = local.stage.is_replicated ? var.second_region : null
    restore_test = local.stage.restore_test
  }
}

# Where it is not wanted, PostgreSQL counts what each visitor has asked for; so it does, too, while the cache is away.
module "cache" {
  source = "../cache"
  count  = local.has_api && var.cache ? 1 : 0

  environment       = var.environment
  account           = var.account
  region            = var.region
  subnet_ids        = module.network[0].data_subnet_ids
  security_group_id = module.network[0].security_group_ids.cache
}

module "api" {
  source = "../api"
  count  = local.has_api ? 1 : 0

  environment = var.environment
  account     = var.account
  region      = var.region
  package     = local.package
  # Not by way of the distribution, which asks for the API itself.
  site_url = "https://${var.domain.name}"
  network = {
    subnet_ids        = module.network[0].subnet_ids
    security_group_id = module.network[0].security_group_ids.api
    is_dual_stack     = module.network[0].is_dual_stack
  }
  database = {
    url               = module.database[0].connection.url
    owner_url         = module.database[0].connection.owner_url
    user_connect_arn  = module.database[0].connect_arns.user
    owner_connect_arn = module.database[0].connect_arns.owner
    master_secret_arn = module.database[0].master_secret_arn
    proxy_secret_arn  = module.database[0].proxy_secret_arn
  }
  cache = var.cache ? { url = module.cache[0].url, connect_arns = module.cache[0].connect_arns } : null
  mail = {
    domain        = var.domain.name
    from          = "website@${var.domain.name}"
    owner_address = var.owner_address
    zone_id       = var.domain.zone_id
  }
  alarm_topic_arn = module.watch.topic_arn
  origin_keys     = var.origin_keys
  logs            = { bucket = module.site.log_bucket, prefix = module.site.log_prefix }
  log_days        = local.stage.log_days
  # A new account may run ten functions at once in all, and AWS lets none of them be set aside.
  concurrency = var.reserves_concurrency ? { app = 20, work = 1, migrate = 1 } : null
}

module "watch" {
  source = "../watch"

  providers = {
    aws        = aws
    aws.global = aws.global
  }

  environment     = var.environment
  account         = var.account
  region          = var.region
  alarm_addresses = var.alarm_addresses
  site_url        = module.site.descriptor.site_url
  distribution_id = module.site.cloudfront_distribution_id
  # The watching visitor writes a message to the API, and comes in its package.
  package = local.has_api ? local.package : null
  api = local.has_api ? {
    functions              = module.api[0].functions
    gateway                = { name = module.api[0].gateway.name, stage = module.api[0].gateway.stage }
    queues                 = { for name, queue in module.api[0].queues : name => queue.name }
    metrics_namespace      = module.api[0].metrics_namespace
    mail_configuration_set = module.api[0].mail_configuration_set
    log_group_names        = module.api[0].log_group_names
  } : null
  database = local.has_api ? { identifier = module.database[0].identifier, kind = module.database[0].kind } : null
  log_days = local.stage.log_days
}

# What is due is production's alone.
module "schedule" {
  source = "../schedule"
  count  = local.stage.publishes_what_is_due ? 1 : 0

  environment     = var.environment
  account         = var.account
  region          = var.region
  site_url        = module.site.descriptor.site_url
  repository      = var.repository
  package         = coalesce(var.publisher_package, "${path.root}/../../../dist/publisher.zip")
  alarm_topic_arn = module.watch.topic_arn
  log_days        = local.stage.log_days
}

module "identity" {
  source = "../identity"

  environment   = var.environment
  account       = var.account
  repository    = var.repository
  bucket_arn    = module.site.s3_bucket_arn
  kvs_arn       = module.site.cloudfront_key_value_store_arn
  promotes_from = local.stage.promotes_from
  api = local.has_api ? {
    functions        = { for name in ["app", "work", "migrate"] : name => module.api[0].function_arns[name] }
    followers        = [for name in local.followers : "arn:aws:lambda:${var.region}:${var.account}:function:${name}"]
    alias            = module.api[0].alias
    backup_vault_arn = "arn:aws:backup:${var.region}:${var.account}:backup-vault:${module.database[0].backup_vault_name}"
  } : null
}
