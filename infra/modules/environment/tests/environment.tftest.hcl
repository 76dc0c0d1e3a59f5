# How the parts are put together: run with mocked providers. The three environments as they are have tests of their own.

mock_provider "aws" {
  source          = "../../mocks"
  override_during = plan
}

mock_provider "aws" {
  alias           = "global"
  source          = "../../mocks"
  override_during = plan
}

mock_provider "aws" {
  alias           = "replica"
  source          = "../../mocks"
  override_during = plan
}

variables {
  environment     = "dev"
  account         = "123456789012"
  region          = "eu-central-1"
  second_region   = "eu-west-1"
  repository      = "zichkoding/site"
  domain          = null
  alarm_addresses = ["owner@example.com"]
}

run "without_a_domain_there_is_a_site_and_no_api" {
  command = plan

  assert {
    condition     = length(module.api) == 0 && length(module.database) == 0 && length(module.network) == 0
    error_message = "What has no name sends no mail, and what is not there costs nothing."
  }
  assert {
    condition     = output.descriptor.site_url == "https://d1.cloudfront.net" && output.descriptor.api == null
    error_message = "The site has CloudFront's own name, and publish.py knows that there is no API."
  }
}

run "a_cache_is_there_for_who_wants_one" {
  command = plan

  variables {
    domain        = { name = "dev.example.com", zone_id = "Z0123456789" }
    owner_address = "owner@example.com"
    # Any file.
    package = "versions.tf"
    cache   = true
  }

  assert {
    condition     = [for cache in module.cache : cache.url] == ["rediss://zichkoding-dev-api@mocked.serverless.euc1.cache.amazonaws.com:6379/0?iam=zichkoding-dev"]
    error_message = "The API finds it by this address, and signs in by IAM."
  }
}

run "a_cache_without_an_api_is_refused" {
  command = plan

  variables {
    cache = true
  }

  expect_failures = [var.cache]
}

run "a_domain_without_an_owner_is_refused" {
  command = plan

  variables {
    environment = "prod"
    domain = {
      name    = "dev.example.com"
      zone_id = "Z0123456789"
    }
  }

  expect_failures = [var.environment, var.owner_address]
}
