# What the module must be, whatever the account: run with mocked providers, so without network or credentials.
# It says that the configuration is right in shape; only AWS can say that AWS agrees.

mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:zichkoding-staging-alarms" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/zichkoding-staging-visitor" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:one" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-staging-visitor" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-central-1:123456789012:rule/zichkoding-staging-visitor" }
  }
}

mock_provider "aws" {
  alias = "global"

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:123456789012:key/1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:zichkoding-staging-cdn-alarms" }
  }
}

variables {
  environment     = "staging"
  account         = "123456789012"
  region          = "eu-central-1"
  alarm_addresses = ["owner@example.com"]
  site_url        = "https://staging.example.com"
  distribution_id = "E1"
  # Any file.
  package = "versions.tf"
  api = {
    functions = {
      app     = "zichkoding-staging-app"
      work    = "zichkoding-staging-work"
      migrate = "zichkoding-staging-migrate"
      rotate  = "zichkoding-staging-rotate"
    }
    gateway                = { name = "zichkoding-staging", stage = "api" }
    queues                 = { messages = "zichkoding-staging-messages", dead = "zichkoding-staging-messages-dead" }
    metrics_namespace      = "zichkoding-staging"
    mail_configuration_set = "zichkoding-staging"
    log_group_names        = { app = "/aws/lambda/zichkoding-staging-app", work = "/aws/lambda/zichkoding-staging-work", gateway = "/zichkoding/staging/gateway" }
  }
  database = { identifier = "zichkoding-staging", kind = "instance" }
}

run "every_alarm_is_told_to_somebody" {
  assert {
    condition     = alltrue([for one in aws_cloudwatch_metric_alarm.threshold : one.alarm_actions == toset([module.topic.arn]) && one.ok_actions == toset([module.topic.arn])])
    error_message = "When it begins and when it is over."
  }
  assert {
    condition     = alltrue([for one in aws_cloudwatch_metric_alarm.threshold : strcontains(one.alarm_description, "docs/runbooks/incident.md")])
    error_message = "And says where it is written what to do."
  }
}

run "the_cdns_own_alarm_lies_where_the_cdn_counts" {
  assert {
    condition     = [for one in aws_cloudwatch_metric_alarm.global : one.alarm_actions] == [toset(["arn:aws:sns:us-east-1:123456789012:zichkoding-staging-cdn-alarms"])]
    error_message = "An alarm can speak to its own region only."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.global["pages-failed"].dimensions == tomap({ DistributionId = "E1", Region = "Global" })
    error_message = "CloudFront counts nothing under other names."
  }
  assert {
    condition     = contains(output.alarm_names, "zichkoding-staging-pages-failed")
    error_message = "It is one of all alarms."
  }
}

run "what_must_come_and_does_not_is_an_alarm" {
  assert {
    condition = toset([for key, one in aws_cloudwatch_metric_alarm.threshold : key if one.treat_missing_data == "breaching"]) == toset([
      "site-down", "canary-silent", "worker-silent",
    ])
    error_message = "Silence is one, for what speaks regularly, and for nothing else."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.threshold["canary-silent"].period * aws_cloudwatch_metric_alarm.threshold["canary-silent"].evaluation_periods == 7200
    error_message = "Two hours without our own message."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.threshold["queue-dead"].dimensions == tomap({ QueueName = "zichkoding-staging-messages-dead" }) && aws_cloudwatch_metric_alarm.threshold["queue-dead"].threshold == 0
    error_message = "One message that was set aside is enough."
  }
}

run "what_is_unusual_is_one_too" {
  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.band) == ["latency-unusual", "requests-unusual"]
    error_message = "How many ask, and how long it takes."
  }
  assert {
    condition = alltrue([
      for one in aws_cloudwatch_metric_alarm.band : one.threshold_metric_id == "usual" && length([for query in one.metric_query : query if strcontains(query.expression == null ? "" : query.expression, "ANOMALY_DETECTION_BAND(seen")]) == 1
    ])
    error_message = "Measured by what is usual."
  }
}

run "the_databases_kind_says_what_can_run_out" {
  variables {
    database = { identifier = "zichkoding-dev", kind = "aurora" }
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.threshold["database-busy"].dimensions == tomap({ DBClusterIdentifier = "zichkoding-dev" })
    error_message = "Aurora counts by cluster."
  }
  assert {
    condition     = contains(keys(aws_cloudwatch_metric_alarm.threshold), "database-at-its-limit") && !contains(keys(aws_cloudwatch_metric_alarm.threshold), "database-full")
    error_message = "Its storage grows, its capacity ends."
  }
}

run "the_visitor_may_nothing_but_look" {
  assert {
    condition = flatten([for statement in jsondecode(aws_iam_role_policy.visitor["visitor"].policy).Statement : statement.Action]) == [
      "logs:CreateLogStream", "logs:PutLogEvents",
    ]
    error_message = "And write down what it saw."
  }
  assert {
    condition     = length(aws_lambda_function.visitor["visitor"].vpc_config) == 0
    error_message = "From outside."
  }
  assert {
    condition     = aws_lambda_function.visitor["visitor"].environment[0].variables["PATHS"] == "/ /api/health /api/ready"
    error_message = "At the page and at the API."
  }
  assert {
    condition     = aws_cloudwatch_event_rule.visitor["visitor"].schedule_expression == "rate(5 minutes)" && aws_cloudwatch_metric_alarm.threshold["site-down"].period == 300
    error_message = "As often as the alarm looks at what it saw."
  }
}

run "one_page_has_it_all" {
  assert {
    condition = length(setintersection(toset(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for metric in try(widget.properties.metrics, []) : metric[0]]
    ])), ["AWS/CloudFront", "AWS/ApiGateway", "AWS/RDS", "AWS/Billing", "zichkoding-staging"])) == 5
    error_message = "Visitors, API, database, money."
  }
  assert {
    condition = alltrue([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets :
      contains(["AWS/CloudFront", "AWS/Billing"], try(widget.properties.metrics[0][0], "")) == (try(widget.properties.region, "") == "us-east-1")
    ])
    error_message = "Each from where it is counted."
  }
  assert {
    condition     = length(aws_cloudwatch_query_definition.this) == 7 && alltrue([for one in aws_cloudwatch_query_definition.this : length(one.log_group_names) > 0])
    error_message = "And the questions lie ready."
  }
}

run "a_site_without_an_api_is_watched_too" {
  variables {
    api      = null
    database = null
  }
  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.threshold) == ["site-down"] && keys(aws_cloudwatch_metric_alarm.global) == ["pages-failed"] && length(aws_cloudwatch_metric_alarm.band) == 0 && length(aws_cloudwatch_query_definition.this) == 0
    error_message = "By what there is."
  }
  assert {
    condition     = aws_lambda_function.visitor["visitor"].environment[0].variables["PATHS"] == "/"
    error_message = "The visitor looks at what there is."
  }
}

run "without_a_package_nobody_visits" {
  variables {
    package = null
  }
  assert {
    condition     = length(aws_lambda_function.visitor) == 0 && !contains(keys(aws_cloudwatch_metric_alarm.threshold), "site-down")
    error_message = "And nobody misses them."
  }
}

run "what_cannot_be_is_refused" {
  command = plan
  variables {
    environment     = "prod"
    account         = "1234"
    alarm_addresses = []
    site_url        = "staging.example.com"
    database        = { identifier = "a", kind = "mysql" }
  }
  expect_failures = [var.environment, var.account, var.alarm_addresses, var.site_url, var.database]
}
