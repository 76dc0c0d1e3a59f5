output "topic_arn" {
  description = "Who is told: further alarms, a budget's among them, may speak to the same topic."
  value       = module.topic.arn
}

output "alarm_names" {
  description = "Every alarm, as docs/runbooks/incident.md has them."
  value       = [for one in concat(values(aws_cloudwatch_metric_alarm.threshold), values(aws_cloudwatch_metric_alarm.band), values(aws_cloudwatch_metric_alarm.global)) : one.alarm_name]
}

output "visitor_name" {
  description = "The function that looks at the site, or null where nobody looks."
  value       = one([for one in aws_lambda_function.visitor : one.function_name])
}

output "dashboard_name" {
  description = "The page with everything on it."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
