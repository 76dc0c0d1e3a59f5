# What a topic must be, whatever the account: run with mocked providers, so without network or credentials.

mock_provider "aws" {
  source          = "../../mocks"
  override_during = plan
}

variables {
  name      = "zichkoding-staging-alarms"
  account   = "123456789012"
  speakers  = ["cloudwatch.amazonaws.com"]
  addresses = ["owner@example.com"]
}

run "encrypted_and_heard" {
  command = plan

  assert {
    condition     = keys(aws_sns_topic_subscription.this) == ["owner@example.com"]
    error_message = "By mail."
  }
  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == aws_kms_key.this.arn && aws_kms_key.this.enable_key_rotation
    error_message = "Encrypted, with a key that CloudWatch may use."
  }
  assert {
    condition     = one([for statement in jsondecode(aws_kms_key.this.policy).Statement : jsonencode(statement.Principal) if statement.Sid == "WhoPublishes"]) == jsonencode({ Service = var.speakers })
    error_message = "Who speaks may use the key, and no other service."
  }
  assert {
    condition     = one([for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement.Condition.StringEquals["aws:SourceAccount"] if statement.Effect == "Allow"]) == "123456789012"
    error_message = "Nobody else's alarms."
  }
}

run "what_cannot_be_is_refused" {
  command = plan

  variables {
    account   = "1234"
    speakers  = ["cloudwatch"]
    addresses = []
  }

  expect_failures = [var.account, var.speakers, var.addresses]
}
