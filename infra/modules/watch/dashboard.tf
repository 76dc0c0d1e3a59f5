# One page for each environment: visitors, API, messages, database, money.

locals {
  # CloudFront and billing count in one region only, whatever the account's is.
  elsewhere = "us-east-1"

  cdn = ["Region", "Global", "DistributionId", var.distribution_id]

  site_rows = [
    {
      title  = "Visitors: requests"
      region = local.elsewhere
      stat   = "Sum"
      metrics = [
        concat(["AWS/CloudFront", "Requests"], local.cdn),
      ]
    },
    {
      title  = "Visitors: errors, per cent"
      region = local.elsewhere
      stat   = "Average"
      metrics = [
        concat(["AWS/CloudFront", "4xxErrorRate"], local.cdn),
        concat(["AWS/CloudFront", "5xxErrorRate"], local.cdn),
      ]
    },
    {
      title  = "Visitors: bytes"
      region = local.elsewhere
      stat   = "Sum"
      metrics = [
        concat(["AWS/CloudFront", "BytesDownloaded"], local.cdn),
      ]
    },
    {
      title   = "The watching visitor: milliseconds"
      region  = var.region
      stat    = "Maximum"
      metrics = [[local.own, "SiteMilliseconds"]]
    },
  ]

  api_rows = [
    {
      title  = "API: requests"
      region = var.region
      stat   = "Sum"
      metrics = [
        ["AWS/ApiGateway", "Count", "ApiName", local.gateway.ApiName, "Stage", local.gateway.Stage],
        ["AWS/ApiGateway", "4XXError", "ApiName", local.gateway.ApiName, "Stage", local.gateway.Stage],
        ["AWS/ApiGateway", "5XXError", "ApiName", local.gateway.ApiName, "Stage", local.gateway.Stage],
        [local.own, "RequestsFailed"],
        [local.own, "Crashes"],
      ]
    },
    {
      title   = "API: milliseconds, one request in twenty is slower"
      region  = var.region
      stat    = "p95"
      metrics = [[local.own, "RequestMilliseconds"], ["AWS/ApiGateway", "Latency", "ApiName", local.gateway.ApiName, "Stage", local.gateway.Stage]]
    },
    {
      title  = "Messages"
      region = var.region
      stat   = "Sum"
      metrics = [
        [local.own, "MessagesKept"], [local.own, "MessagesQueued"], [local.own, "MessagesNotKept"],
        [local.own, "MessagesRefused"],
      ]
    },
    {
      title  = "Deliveries"
      region = var.region
      stat   = "Sum"
      metrics = [
        [local.own, "Deliveries"], [local.own, "DeliveriesDead"], [local.own, "CanaryArrived"],
        [local.own, "CanaryMissing"], [local.own, "TasksFailed"],
      ]
    },
    {
      title   = "Our own message: seconds until it has arrived"
      region  = var.region
      stat    = "Maximum"
      metrics = [[local.own, "CanarySeconds"]]
    },
    {
      title  = "Queue: how many wait, how many were set aside"
      region = var.region
      stat   = "Maximum"
      metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", try(var.api.queues.messages, "")],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", try(var.api.queues.dead, "")],
      ]
    },
    {
      title  = "Functions at once"
      region = var.region
      stat   = "Maximum"
      metrics = [
        ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", local.app],
        ["AWS/Lambda", "Throttles", "FunctionName", local.app],
      ]
    },
  ]

  database_dimension = flatten([for name, value in local.database : [name, value]])
  database_rows = [
    {
      title  = "Database: per cent"
      region = var.region
      stat   = "Average"
      metrics = [
        concat(["AWS/RDS", "CPUUtilization"], local.database_dimension),
        concat(["AWS/RDS", try(var.database.kind, "") == "aurora" ? "ACUUtilization" : "BurstBalance"], local.database_dimension),
      ]
    },
    {
      title   = "Database: connections"
      region  = var.region
      stat    = "Maximum"
      metrics = [concat(["AWS/RDS", "DatabaseConnections"], local.database_dimension)]
    },
  ]

  money_rows = [
    {
      title   = "Money: the account's month so far, in dollars"
      region  = local.elsewhere
      stat    = "Maximum"
      metrics = [["AWS/Billing", "EstimatedCharges", "Currency", "USD"]]
    },
  ]

  rows = concat(
    local.site_rows,
    [for row in local.api_rows : row if var.api != null],
    [for row in local.database_rows : row if var.database != null],
    local.money_rows,
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type   = "alarm"
        x      = 0
        y      = 0
        width  = 24
        height = 3
        properties = {
          title  = "Alarms"
          alarms = concat([for one in aws_cloudwatch_metric_alarm.threshold : one.arn], [for one in aws_cloudwatch_metric_alarm.band : one.arn])
        }
      }],
      [for number, row in local.rows : {
        type   = "metric"
        x      = 8 * (number % 3)
        y      = 3 + 6 * floor(number / 3)
        width  = 8
        height = 6
        properties = {
          title   = row.title
          region  = row.region
          stat    = row.stat
          period  = 300
          view    = "timeSeries"
          metrics = row.metrics
        }
      }],
    )
  })
}
