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

run "nobody_gets_what_costs_and_was_not_asked_for" {
  command = plan

  variables {
    domain        = { name = "dev.example.com", zone_id = "Z0123456789" }
    owner_address = "owner@example.com"
    # Any file.
    package = "versions.tf"
  }

  assert {
    condition     = length(module.api) == 1 && length(module.cache) == 0 && module.database[0].proxy_secret_arn == null
    error_message = "PostgreSQL counts and is asked directly, which costs nothing more."
  }
  assert {
    condition     = output.descriptor.api.followers == tolist(["zichkoding-dev-rotate", "zichkoding-dev-visitor"])
    error_message = "Who is called without an alias gets its code from publish.py."
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
