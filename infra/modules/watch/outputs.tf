output "topic_arn" {
  description = "Who is told: further alarms, a budget's among them, may speak to the same topic."
  value       = aws_sns_topic.alarms.arn
  # SES tries the topic when it is told of it.
  depends_on = [aws_sns_topic_policy.alarms]
}

output "alarm_names" {
  description = "Every alarm, as docs/runbooks/incident.md has them."
  value       = concat([for one in aws_cloudwatch_metric_alarm.threshold : one.alarm_name], [for one in aws_cloudwatch_metric_alarm.band : one.alarm_name])
}

output "visitor_name" {
  description = "The function that looks at the site, or null where nobody looks."
  value       = one([for one in aws_lambda_function.visitor : one.function_name])
}

output "dashboard_name" {
  description = "The page with everything on it."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
