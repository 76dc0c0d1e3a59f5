# Each alarm has a line in docs/runbooks/incident.md that says what to do.

locals {
  alarms = {
    publisher-failures = {
      about  = "What is due could not be asked for, three times in a quarter of an hour; the token has ended, most likely."
      metric = "Errors", is = "GreaterThanOrEqualToThreshold", threshold = 3, missing = "notBreaching"
    }
    publisher-silence = {
      about  = "Nobody has looked for what is due for a quarter of an hour: the schedule is off, or may not wake the function."
      metric = "Invocations", is = "LessThanThreshold", threshold = 1, missing = "breaching"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "zichkoding-${var.environment}-${each.key}"
  alarm_description   = "${each.value.about} What to do: docs/runbooks/incident.md"
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = { FunctionName = aws_lambda_function.publisher.function_name }
  statistic           = "Sum"
  period              = 900
  evaluation_periods  = 1
  threshold           = each.value.threshold
  comparison_operator = each.value.is
  treat_missing_data  = each.value.missing
  alarm_actions       = var.alarm_topic_arn[*]
  ok_actions          = var.alarm_topic_arn[*]
}
