# What an account has once, whatever the number of its environments. Applied first, and by a person.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # The bucket is made by hand and taken over by `terraform import`: see docs/runbooks/set-up.md.
  backend "s3" {
    key          = "zichkoding/account.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account]

  default_tags {
    tags = local.tags
  }
}

# What Route 53 signs with, and counts, is in this region only.
provider "aws" {
  alias               = "global"
  region              = "us-east-1"
  allowed_account_ids = [var.account]

  default_tags {
    tags = local.tags
  }
}

locals {
  tags = {
    project     = "zichkoding"
    environment = "account"
    managed_by  = "terraform"
  }

  buckets = {
    # What Terraform knows; some of it is secret.
    state = "zichkoding-state-${var.account}"
    # One object for each environment, written by Terraform and read by publish.py.
    configuration = "zichkoding-configuration-${var.account}"
    # Who did what. It stays where the trail is given up: what happened is not undone.
    trail = "zichkoding-trail-${var.account}"
  }
}

# Whatever a bucket's own settings say, now or later.
resource "aws_s3_account_public_access_block" "this" {
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Says what of this account anybody outside of it can reach. It costs nothing.
resource "aws_accessanalyzer_analyzer" "this" {
  analyzer_name = "zichkoding"
  type          = "ACCOUNT"
}

resource "aws_route53_zone" "this" {
  for_each = var.zones

  name    = each.value
  comment = "Where the environments' names lie."

  lifecycle {
    # Its name servers are known to the registrar; another zone of the same name has others.
    prevent_destroy = true
  }
}
