output "origin" {
  description = "What the distribution needs for /api/*: where the gateway is, what stands before each path, and the header that lets the CDN in."
  value = {
    domain       = "${aws_api_gateway_rest_api.this.id}.execute-api.${var.region}.amazonaws.com"
    path         = "/${aws_api_gateway_stage.this.stage_name}"
    header_name  = "x-api-key"
    header_value = aws_api_gateway_api_key.cdn[var.origin_keys.sent].value
  }
  sensitive = true
}

output "functions" {
  description = "The names of the functions."
  value       = { for name in keys(local.functions) : name => aws_lambda_function.this[name].function_name }
}

output "function_arns" {
  description = "The functions without a version: a deploy role names them."
  value       = { for name in keys(local.functions) : name => "${local.functions_arn}-${name}" }
}

output "alias" {
  description = "The alias that gets requests."
  value       = "live"
}

output "codedeploy" {
  description = "What shifts requests to a new version."
  value = {
    application = aws_codedeploy_app.this.name
    group       = aws_codedeploy_deployment_group.this.deployment_group_name
  }
}

output "codedeploy_arns" {
  description = "The application, the group and the way of shifting: a deploy role names them."
  value = {
    application = "arn:aws:codedeploy:${var.region}:${var.account}:application:${aws_codedeploy_app.this.name}"
    group       = "arn:aws:codedeploy:${var.region}:${var.account}:deploymentgroup:${aws_codedeploy_app.this.name}/live"
    config      = "arn:aws:codedeploy:${var.region}:${var.account}:deploymentconfig:${var.shift}"
  }
}

output "queues" {
  description = "Where messages wait, and where those end that cannot be kept."
  value = {
    messages = { name = aws_sqs_queue.messages.name, arn = aws_sqs_queue.messages.arn }
    dead     = { name = aws_sqs_queue.dead.name, arn = aws_sqs_queue.dead.arn }
  }
}

output "gateway" {
  description = "The gateway as its figures name it."
  value = {
    id    = aws_api_gateway_rest_api.this.id
    name  = aws_api_gateway_rest_api.this.name
    stage = aws_api_gateway_stage.this.stage_name
  }
}

output "metrics_namespace" {
  description = "Where CloudWatch collects the API's own figures."
  value       = local.name
}

output "log_group_names" {
  description = "The logs of the functions and of the gateway."
  value = merge(
    { for name in keys(local.functions) : name => aws_cloudwatch_log_group.function[name].name },
    { gateway = aws_cloudwatch_log_group.gateway.name },
  )
}

output "rollback_alarm_names" {
  description = "The alarms that take a shift back."
  value       = [for alarm in aws_cloudwatch_metric_alarm.rollback : alarm.alarm_name]
}

output "secret_arn" {
  description = "The secret whose text rotating changes."
  value       = aws_secretsmanager_secret.this.arn
}

output "mail_configuration_set" {
  description = "The name under which SES counts what came back."
  value       = aws_sesv2_configuration_set.this.configuration_set_name
}

output "mail_records" {
  description = "The DNS records that prove the mail's domain, for a zone that is kept elsewhere."
  value       = local.mail_records
}

output "shift" {
  description = "For `aws deploy create-deployment --cli-input-json`: lets the newest version of the API have the requests, by and by. For a change of settings alone; new code is brought by publish.py."
  value = jsonencode({
    applicationName     = aws_codedeploy_app.this.name
    deploymentGroupName = aws_codedeploy_deployment_group.this.deployment_group_name
    revision = {
      revisionType = "AppSpecContent"
      appSpecContent = {
        content = <<-EOT
          version: 0.0
          Resources:
            - api:
                Type: AWS::Lambda::Function
                Properties:
                  Name: ${aws_lambda_function.this["app"].function_name}
                  Alias: ${aws_lambda_alias.live["app"].name}
                  CurrentVersion: ${aws_lambda_alias.live["app"].function_version}
                  TargetVersion: ${aws_lambda_function.this["app"].version}
        EOT
      }
    }
  })
}
