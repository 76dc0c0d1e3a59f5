# What the cache must be, whatever the account: run with mocked providers, so without network or credentials.

mock_provider "aws" {
  mock_resource "aws_elasticache_serverless_cache" {
    defaults = {
      arn      = "arn:aws:elasticache:eu-central-1:123456789012:serverlesscache:zichkoding-staging"
      endpoint = [{ address = "zichkoding-staging.serverless.euc1.cache.amazonaws.com", port = 6379 }]
    }
  }
  mock_resource "aws_elasticache_user" {
    defaults = { arn = "arn:aws:elasticache:eu-central-1:123456789012:user:zichkoding-staging-api" }
  }
}

variables {
  environment       = "staging"
  account           = "123456789012"
  region            = "eu-central-1"
  subnet_ids        = ["subnet-1", "subnet-2"]
  security_group_id = "sg-cache"
}

run "encrypted_known_and_bounded" {
  assert {
    condition     = startswith(output.url, "rediss://zichkoding-staging-api@") && !strcontains(output.url, ":@")
    error_message = "The address is one of TLS, with a user and no password."
  }
  assert {
    condition     = one(aws_elasticache_user.api.authentication_mode).type == "iam" && aws_elasticache_user.api.user_id == aws_elasticache_user.api.user_name
    error_message = "Its user signs in by IAM."
  }
  assert {
    condition     = aws_elasticache_user.default.access_string == "off -@all"
    error_message = "Nobody gets in without a name."
  }
  assert {
    condition     = aws_elasticache_serverless_cache.this.security_group_ids == toset(["sg-cache"]) && aws_elasticache_serverless_cache.this.user_group_id == "zichkoding-staging"
    error_message = "Only the functions reach it, and only as its users."
  }
  assert {
    condition     = one(one(aws_elasticache_serverless_cache.this.cache_usage_limits).data_storage).maximum == 1 && one(one(aws_elasticache_serverless_cache.this.cache_usage_limits).ecpu_per_second).maximum == 1000
    error_message = "What it may cost has an end."
  }
}

run "limits_that_aws_does_not_take_are_refused" {
  command = plan

  variables {
    most = { gigabytes = 1, units_per_second = 10 }
  }

  expect_failures = [var.most]
}
