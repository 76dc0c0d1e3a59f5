# The dev environment: which account and where. What it is made of is in modules/environment.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # The bucket and its region are given at init; two who apply at once are kept apart by the lock file.
  backend "s3" {
    key          = "zichkoding/dev.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

locals {
  tags = {
    project     = "zichkoding"
    environment = "dev"
    managed_by  = "terraform"
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account]

  default_tags {
    tags = local.tags
  }
}

# What CloudFront takes from this region only: certificate, firewall, logs, alarms.
provider "aws" {
  alias               = "global"
  region              = "us-east-1"
  allowed_account_ids = [var.account]

  default_tags {
    tags = local.tags
  }
}

# What must outlive the first region.
provider "aws" {
  alias               = "replica"
  region              = var.second_region
  allowed_account_ids = [var.account]

  default_tags {
    tags = local.tags
  }
}

module "environment" {
  source = "../../modules/environment"

  providers = {
    aws         = aws
    aws.global  = aws.global
    aws.replica = aws.replica
  }

  environment   = "dev"
  account       = var.account
  region        = var.region
  second_region = var.second_region
  domain        = var.domain
  repository    = var.repository

  owner_address        = var.owner_address
  alarm_addresses      = var.alarm_addresses
  package              = var.package
  publisher_package    = var.publisher_package
  reserves_concurrency = var.reserves_concurrency
  origin_keys          = var.origin_keys
  cache                = var.cache
  proxy                = var.proxy
}
