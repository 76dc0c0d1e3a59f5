# How changed settings get their requests: a tenth of them first, then all; and none any more when an alarm goes off.
#
# New code does not come this way: publish.py shifts it together with the pages that belong to it, warmed and tried by
# its version before, and watches the same alarms. A change of a setting here has no pages, and nobody who waits for it.

resource "aws_codedeploy_app" "this" {
  name             = "${local.name}-api"
  compute_platform = "Lambda"
}

resource "aws_codedeploy_deployment_group" "this" {
  app_name               = aws_codedeploy_app.this.name
  deployment_group_name  = "live"
  service_role_arn       = aws_iam_role.shift.arn
  deployment_config_name = var.shift

  deployment_style {
    deployment_option = "WITH_TRAFFIC_CONTROL"
    deployment_type   = "BLUE_GREEN"
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
  }

  alarm_configuration {
    enabled = true
    alarms  = [for alarm in aws_cloudwatch_metric_alarm.rollback : alarm.alarm_name]
    # An alarm that cannot be read is no reason to believe that all is well.
    ignore_poll_alarm_failure = false
  }

  depends_on = [aws_iam_role_policy.shift]
}

locals {
  live = { FunctionName = "${local.name}-app", Resource = "${local.name}-app:live" }

  # A minute each, of what visitors meet. A tenth of the requests has to be enough to set them off.
  rollback_alarms = {
    crashes = {
      about     = "The function died or timed out: more than one call in a minute."
      namespace = "AWS/Lambda"
      metric    = "Errors"
      of        = local.live
      statistic = "Sum"
      threshold = 1
      periods   = 1
    }
    failures = {
      about     = "Requests failed by a fault of ours (status 500 and above): more than three in a minute."
      namespace = local.name
      metric    = "RequestsFailed"
      of        = {}
      statistic = "Sum"
      threshold = 3
      periods   = 1
    }
    slowness = {
      about     = "One request in a hundred took longer than five seconds, for three minutes."
      namespace = "AWS/Lambda"
      metric    = "Duration"
      of        = local.live
      statistic = "p99"
      threshold = 5000
      periods   = 3
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "rollback" {
  for_each = local.rollback_alarms

  alarm_name          = "${local.name}-rollback-${each.key}"
  alarm_description   = "${each.value.about} A shift that is going on is taken back. What to do: docs/runbooks/incident.md"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.periods
  # Where nobody asks, nothing fails.
  treat_missing_data = "notBreaching"
  alarm_actions      = [var.alarm_topic_arn]
  ok_actions         = [var.alarm_topic_arn]
}
