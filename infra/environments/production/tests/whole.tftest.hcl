# The whole of production, with mocked providers: that all parts fit together, as publish.py and GitHub will find them. What each
# part must be is asserted beside it; what no part may be is tested on this very result (tests/infra/test_policies.py).

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

run "whole" {
  command = plan

  variables {
    account         = "123456789012"
    repository      = "zichkoding/site"
    owner_address   = "owner@example.com"
    alarm_addresses = ["owner@example.com"]
    # Any file: what is in it is not looked at.
    package           = "main.tf"
    publisher_package = "main.tf"
    # What can be chosen is chosen here, so that the rules for all of the ground look at it too.
    cache = true
    proxy = true
    domain = {
      name    = "production.example.com"
      zone_id = "Z0123456789"
    }
  }

  assert {
    condition     = output.descriptor.name == "production" && output.descriptor.account == "123456789012"
    error_message = "It describes itself."
  }
  assert {
    condition     = output.site_url == "https://production.example.com"
    error_message = "It is found by its name."
  }
  assert {
    condition     = startswith(output.deploy_role, "arn:aws:iam::123456789012:role/")
    error_message = "There is a role to deploy as."
  }
}
