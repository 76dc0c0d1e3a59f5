# One environment, whole. What differs between the three is in the table below and nowhere else.

locals {
  stages = {
    dev = {
      firewall      = false
      is_replicated = false
      log_days      = 14
      promotes_from = null
    }
    # As production is, so that what is tried here is what will be; but for what only matters when a region is lost.
    staging = {
      firewall      = true
      is_replicated = false
      log_days      = 30
      promotes_from = null
    }
    production = {
      firewall      = true
      is_replicated = true
      log_days      = 90
      promotes_from = "staging"
    }
  }
  stage = local.stages[var.environment]
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
  api            = null
  firewall       = local.stage.firewall
  replica_region = local.stage.is_replicated ? var.second_region : null
  log_days       = local.stage.log_days
}

module "identity" {
  source = "../identity"

  environment   = var.environment
  account       = var.account
  region        = var.region
  repository    = var.repository
  bucket_arn    = module.site.s3_bucket_arn
  kvs_arn       = module.site.cloudfront_key_value_store_arn
  promotes_from = local.stage.promotes_from
  api           = null
}
