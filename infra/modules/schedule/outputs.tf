output "function_name" {
  description = "The function, for dashboards and to wake it by hand."
  value       = aws_lambda_function.publisher.function_name
}

output "token_secret_arn" {
  description = "Where the token for GitHub is put in by hand."
  value       = aws_secretsmanager_secret.token.arn
}

output "alarm_names" {
  description = "What rings when a publication cannot be asked for."
  value       = [for one in aws_cloudwatch_metric_alarm.this : one.alarm_name]
}
