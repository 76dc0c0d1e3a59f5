# What the module must be, whatever the account: run with mocked providers, so without network or credentials.

mock_provider "aws" {
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-production-publisher" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:zichkoding-production-publisher-AbCdEf" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/one" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/one" }
  }
}

variables {
  environment     = "production"
  account         = "123456789012"
  region          = "eu-central-1"
  site_url        = "https://www.example.com"
  repository      = "owner/site"
  package         = "versions.tf"
  alarm_topic_arn = "arn:aws:sns:eu-central-1:123456789012:alarms"
}

run "it_wakes_each_minute_and_is_told_which" {
  assert {
    condition     = aws_scheduler_schedule.publisher.schedule_expression == "rate(1 minute)"
    error_message = "A moment is asked for in its minute."
  }
  assert {
    condition     = aws_scheduler_schedule.publisher.flexible_time_window[0].mode == "OFF"
    error_message = "A minute that may be any of fifteen is none."
  }
  assert {
    condition     = strcontains(aws_scheduler_schedule.publisher.target[0].input, "<aws.scheduler.scheduled-time>")
    error_message = "The function reckons with the minute that was meant."
  }
  assert {
    condition     = aws_lambda_function.publisher.reserved_concurrent_executions == 1
    error_message = "Two at once would ask twice."
  }
}

run "each_role_may_do_one_thing" {
  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Action
    ])) == toset(["logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue"])
    error_message = "The function reads one secret and writes its log."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.schedule.policy).Statement : [statement.Action, statement.Resource]
    ] == [["lambda:InvokeFunction", aws_lambda_function.publisher.arn]]
    error_message = "The schedule wakes this function and no other."
  }
  assert {
    condition = alltrue([
      for role in [aws_iam_role.function, aws_iam_role.schedule] :
      jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == var.account
    ])
    error_message = "Nobody else's service acts as these roles."
  }
}

run "the_token_is_nowhere_but_in_its_secret" {
  assert {
    condition     = toset(keys(aws_lambda_function.publisher.environment[0].variables)) == toset(["SITE_URL", "REPOSITORY", "TOKEN_SECRET"])
    error_message = "The environment names the secret and does not hold it."
  }
}

run "a_failure_and_a_silence_are_heard" {
  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset([var.alarm_topic_arn]) && alarm.ok_actions == toset([var.alarm_topic_arn])
    ])
    error_message = "Both alarms tell somebody, when they begin and when they are over."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["publisher-silence"].treat_missing_data == "breaching"
    error_message = "A function that never wakes sends no figures at all."
  }
}

run "a_package_that_is_missing_is_said_before_anything_is_made" {
  command = plan

  variables {
    package = "nowhere.zip"
  }

  expect_failures = [aws_lambda_function.publisher]
}

run "an_address_with_a_path_is_no_site" {
  command = plan

  variables {
    site_url   = "https://www.example.com/blog/"
    repository = "owner"
  }

  expect_failures = [var.site_url, var.repository]
}
