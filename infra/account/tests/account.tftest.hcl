# What an account has once: run with mocked providers.

mock_provider "aws" {
  source          = "../mocks"
  override_during = plan
}

mock_provider "aws" {
  alias           = "global"
  source          = "../mocks"
  override_during = plan
}

variables {
  account        = "123456789012"
  zones          = ["example.com", "example.org"]
  monthly_budget = 60
  told_of_costs  = ["owner@example.com"]
}

run "whole" {
  command = plan

  # What can be chosen is chosen here, so that the rules for all of the ground look at it too.
  variables {
    signed_zones = ["example.com"]
  }

  # A zone is signed where that is wished, by a key that Route 53 takes, and somebody hears when it cannot be.
  assert {
    condition     = keys(aws_route53_hosted_zone_dnssec.this) == ["example.com"] && keys(aws_route53_key_signing_key.this) == ["example.com"] && keys(output.signatures) == ["example.com"]
    error_message = "That one, and no other."
  }
  assert {
    condition     = [for key in aws_kms_key.signing : "${key.customer_master_key_spec} ${key.key_usage}"] == ["ECC_NIST_P256 SIGN_VERIFY"]
    error_message = "Route 53 takes no other kind."
  }
  assert {
    condition     = { for alarm in aws_cloudwatch_metric_alarm.signing : alarm.metric_name => length(alarm.alarm_actions) } == { DNSSECInternalFailure = 1, DNSSECKeySigningKeysNeedingAction = 1 }
    error_message = "Before the signatures end."
  }

  # The buckets are closed, encrypted, versioned, by TLS only, and not deleted by mistake.
  assert {
    condition = { for name, bucket in aws_s3_bucket.this : name => bucket.bucket } == {
      state         = "zichkoding-state-123456789012"
      configuration = "zichkoding-configuration-123456789012"
      trail         = "zichkoding-trail-123456789012"
    }
    error_message = "publish.py and the runbooks know them by these names."
  }
  assert {
    condition = alltrue([
      for block in concat(values(aws_s3_bucket_public_access_block.this), [aws_s3_account_public_access_block.this]) :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ]) && length(aws_s3_bucket_public_access_block.this) == 3
    error_message = "Nobody may open a bucket to the public, these or any other of the account."
  }
  assert {
    condition     = alltrue([for one in aws_s3_bucket_versioning.this : one.versioning_configuration[0].status == "Enabled"])
    error_message = "A state that was overwritten can be had back."
  }
  assert {
    condition = alltrue([
      for name, one in aws_s3_bucket_policy.this : join(" ", jsondecode(one.policy).Statement[*].Effect) == (name == "trail" ? "Allow Allow Deny" : "Deny") && strcontains(one.policy, "aws:SecureTransport")
    ])
    error_message = "A bucket's policy lets nobody in but the trail into its own, and keeps everybody out who does not use TLS."
  }

  # Who did what is written down.
  assert {
    condition     = length(aws_cloudtrail.this) == 1 && alltrue(flatten([for one in aws_cloudtrail.this : [one.is_multi_region_trail, one.include_global_service_events, one.enable_log_file_validation]]))
    error_message = "Everywhere, IAM and CloudFront too, and so that a change of it is seen."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.this["trail"].policy).Statement :
      statement.Condition.StringEquals["aws:SourceArn"] == "arn:aws:cloudtrail:eu-central-1:123456789012:trail/zichkoding" if statement.Effect == "Allow"
    ])
    error_message = "This trail of this account writes there, and no other."
  }
  assert {
    condition     = { for name, one in aws_s3_bucket_lifecycle_configuration.this : name => [for rule in one.rule : [for end in rule.expiration : end.days]] } == { state = [[]], configuration = [[]], trail = [[365]] }
    error_message = "It tells of people, so it is forgotten after a year; state and descriptions never are."
  }

  # The boundary gives nobody the right to give rights.
  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : [
        for action in flatten([statement.Action]) : !startswith(action, "iam:") && !startswith(action, "sts:") && !strcontains(action, "*")
      ] if statement.Effect == "Allow"
    ]))
    error_message = "Each action is named, and none makes a role, a policy or a key."
  }
  assert {
    condition     = length(regexall("DeleteObjectVersion|PutBucketPolicy|PutLifecycle", aws_iam_policy.boundary.policy)) == 0
    error_message = "What was deleted can be had back, and no bucket is opened."
  }
  assert {
    condition = alltrue([
      aws_iam_openid_connect_provider.github.url == "https://token.actions.githubusercontent.com",
      aws_iam_openid_connect_provider.github.client_id_list == toset(["sts.amazonaws.com"]),
    ])
    error_message = "GitHub's own issuer, for AWS's own audience."
  }

  # Somebody hears of costs.
  assert {
    condition     = { for one in aws_budgets_budget.month.notification : "${one.notification_type} ${one.threshold}" => one.subscriber_email_addresses } == { for when in ["ACTUAL 50", "ACTUAL 90", "FORECASTED 100"] : when => toset(["owner@example.com"]) }
    error_message = "At half, at most of it, and when the month will not last."
  }
  assert {
    condition     = aws_budgets_budget.month.limit_amount == "60" && length(aws_ce_anomaly_monitor.services) == 1
    error_message = "Of the month's limit, and of what is unlike other days."
  }
}

run "what_nobody_asked_for_is_not_there" {
  command = plan

  variables {
    trail = false
  }

  assert {
    condition     = length(aws_kms_key.signing) == 0 && length(module.signing_topic) == 0 && length(aws_route53_hosted_zone_dnssec.this) == 0
    error_message = "A zone that is not signed needs no key."
  }

  assert {
    condition     = length(aws_cloudtrail.this) == 0 && contains(keys(aws_s3_bucket.this), "trail")
    error_message = "A second one would cost; what was written stays."
  }
}

run "what_is_wrong_is_refused" {
  command = plan

  variables {
    account        = "1"
    zones          = ["https://example.com"]
    monthly_budget = 0
    told_of_costs  = []
  }

  expect_failures = [var.account, var.zones, var.monthly_budget, var.told_of_costs]
}

run "a_zone_that_is_elsewhere_is_not_signed_here" {
  command = plan

  variables {
    signed_zones = ["elsewhere.example"]
  }

  expect_failures = [var.signed_zones]
}
