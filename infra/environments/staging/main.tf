# The staging environment: which account and where; what it is made of is in modules/site.

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
    key          = "zichkoding/staging.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account]

  default_tags {
    tags = {
      project     = "zichkoding"
      environment = "staging"
      managed_by  = "terraform"
    }
  }
}

module "site" {
  source = "../../modules/site"

  environment = "staging"
  account     = var.account
  region      = var.region
  domain      = var.domain
  api_domain  = var.api_domain
}
