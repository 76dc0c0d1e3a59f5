# Each alarm is a sentence about what people meet, and has a line in docs/runbooks/incident.md that says what to do.

locals {
  # Figures of our own: the API and the visitor write them into their logs.
  own  = try(var.api.metrics_namespace, local.name)
  app  = try(var.api.functions.app, "")
  work = try(var.api.functions.work, "")
  # Where there is none the alarms that would need it are left out below.
  gateway  = { ApiName = try(var.api.gateway.name, ""), Stage = try(var.api.gateway.stage, "") }
  database = try(var.database.kind == "aurora", false) ? { DBClusterIdentifier = var.database.identifier } : { DBInstanceIdentifier = try(var.database.identifier, "") }

  visitor_alarms = {
    site-down = {
      about = "Twice in a row the site or its API did not answer as it should, or nobody looked."
      from  = local.own, metric = "SiteUp", of = {}, statistic = "Minimum"
      is    = "LessThanThreshold", threshold = 1, period = 300, periods = 2, missing = "breaching"
    }
  }

  api_alarms = {
    canary-missing = {
      about = "The message that we send to ourselves each hour was not taken, or was not delivered within the hour."
      from  = local.own, metric = "CanaryMissing", of = {}, statistic = "Sum"
      is    = "GreaterThanThreshold", threshold = 0, period = 300, periods = 1, missing = "notBreaching"
    }
    canary-silent = {
      about = "For two hours no message of ours has arrived; perhaps nothing runs at all."
      from  = local.own, metric = "CanaryArrived", of = {}, statistic = "Sum"
      is    = "LessThanThreshold", threshold = 1, period = 3600, periods = 2, missing = "breaching"
    }
    messages-not-kept = {
      about = "A visitor was told that a message could not be kept: neither database nor queue took it."
      from  = local.own, metric = "MessagesNotKept", of = {}, statistic = "Sum"
      is    = "GreaterThanThreshold", threshold = 0, period = 60, periods = 1, missing = "notBreaching"
    }
    messages-queued = {
      about = "Messages go into the queue, because the database does not take them."
      from  = local.own, metric = "MessagesQueued", of = {}, statistic = "Sum"
      is    = "GreaterThanThreshold", threshold = 0, period = 300, periods = 1, missing = "notBreaching"
    }
    queue-old = {
      about = "A message has been waiting in the queue for a quarter of an hour."
      from  = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", of = { QueueName = try(var.api.queues.messages, "") }, statistic = "Maximum"
      is    = "GreaterThanThreshold", threshold = 900, period = 300, periods = 1, missing = "notBreaching"
    }
    queue-dead = {
      about = "A message cannot be kept as it is and was set aside."
      from  = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", of = { QueueName = try(var.api.queues.dead, "") }, statistic = "Maximum"
      is    = "GreaterThanThreshold", threshold = 0, period = 300, periods = 1, missing = "notBreaching"
    }
    deliveries-dead = {
      about = "A mail or a webhook has been given up."
      from  = local.own, metric = "DeliveriesDead", of = {}, statistic = "Sum"
      is    = "GreaterThanThreshold", threshold = 0, period = 300, periods = 1, missing = "notBreaching"
    }
    requests-failed = {
      about = "More than one request in fifty failed by a fault of ours, for ten minutes."
      from  = local.own, metric = "RequestsFailed", of = {}, statistic = "Average"
      is    = "GreaterThanThreshold", threshold = 0.02, period = 300, periods = 2, missing = "notBreaching"
    }
    gateway-failed = {
      about = "The gateway answered with 5xx more than five times in five minutes: what the functions do not see themselves."
      from  = "AWS/ApiGateway", metric = "5XXError", of = local.gateway, statistic = "Sum"
      is    = "GreaterThanThreshold", threshold = 5, period = 300, periods = 1, missing = "notBreaching"
    }
    requests-slow = {
      about = "One request in twenty takes longer than two seconds, for a quarter of an hour."
      from  = local.own, metric = "RequestMilliseconds", of = {}, statistic = "p95"
      is    = "GreaterThanThreshold", threshold = 2000, period = 300, periods = 3, missing = "notBreaching"
    }
    crashes = {
      about = "The API met a fault that it does not know: a mistake of ours."
      from  = local.own, metric = "Crashes", of = {}, statistic = "Sum"
      is    = "GreaterThanThreshold", threshold = 0, period = 300, periods = 1, missing = "notBreaching"
    }
    throttled = {
      about = "Lambda turned requests away, because as many functions run as may."
      from  = "AWS/Lambda", metric = "Throttles", of = { FunctionName = local.app }, statistic = "Sum"
      is    = "GreaterThanThreshold", threshold = 10, period = 300, periods = 1, missing = "notBreaching"
    }
    worker-failed = {
      about = "The worker died in three of five turns."
      from  = "AWS/Lambda", metric = "Errors", of = { FunctionName = local.work }, statistic = "Sum"
      is    = "GreaterThanOrEqualToThreshold", threshold = 3, period = 300, periods = 1, missing = "notBreaching"
    }
    worker-silent = {
      about = "The worker has had no turn for ten minutes: nothing is delivered."
      from  = "AWS/Lambda", metric = "Invocations", of = { FunctionName = local.work }, statistic = "Sum"
      is    = "LessThanThreshold", threshold = 1, period = 300, periods = 2, missing = "breaching"
    }
    tasks-failed = {
      about = "A regular task finds the database or the queue away, turn after turn."
      from  = local.own, metric = "TasksFailed", of = {}, statistic = "Sum"
      is    = "GreaterThanThreshold", threshold = 5, period = 300, periods = 2, missing = "notBreaching"
    }
    rotation-failed = {
      about = "The signing secret could not be replaced; the one in use stays."
      from  = "AWS/Lambda", metric = "Errors", of = { FunctionName = try(var.api.functions.rotate, "") }, statistic = "Sum"
      is    = "GreaterThanThreshold", threshold = 0, period = 3600, periods = 1, missing = "notBreaching"
    }
    mail-bounces = {
      about = "More than one mail in fifty comes back; from one in twenty on SES looks into the account."
      from  = "AWS/SES", metric = "Reputation.BounceRate", of = {}, statistic = "Maximum"
      is    = "GreaterThanThreshold", threshold = 0.02, period = 3600, periods = 1, missing = "ignore"
    }
    mail-complaints = {
      about = "More than one mail in two thousand is reported as spam; from one in a thousand on SES looks into the account."
      from  = "AWS/SES", metric = "Reputation.ComplaintRate", of = {}, statistic = "Maximum"
      is    = "GreaterThanThreshold", threshold = 0.0005, period = 3600, periods = 1, missing = "ignore"
    }
  }

  database_alarms = {
    database-busy = {
      about = "The database computes at more than 80 per cent, for a quarter of an hour."
      from  = "AWS/RDS", metric = "CPUUtilization", of = local.database, statistic = "Average"
      is    = "GreaterThanThreshold", threshold = 80, period = 300, periods = 3, missing = "notBreaching"
    }
    database-connections = {
      about = "The database has more connections than the functions should need."
      from  = "AWS/RDS", metric = "DatabaseConnections", of = local.database, statistic = "Maximum"
      is    = "GreaterThanThreshold", threshold = try(var.database.connections, 0), period = 300, periods = 1, missing = "notBreaching"
    }
  }
  # Aurora's storage grows by itself; an instance's ends.
  instance_alarms = {
    database-full = {
      about = "The database has less than two gibibytes left."
      from  = "AWS/RDS", metric = "FreeStorageSpace", of = local.database, statistic = "Minimum"
      is    = "LessThanThreshold", threshold = 2147483648, period = 300, periods = 1, missing = "notBreaching"
    }
  }
  aurora_alarms = {
    database-at-its-limit = {
      about = "Aurora uses more than 90 per cent of the capacity that it may grow to."
      from  = "AWS/RDS", metric = "ACUUtilization", of = local.database, statistic = "Average"
      is    = "GreaterThanThreshold", threshold = 90, period = 300, periods = 3, missing = "notBreaching"
    }
  }

  alarms = merge(
    { for key, alarm in local.visitor_alarms : key => alarm if var.package != null },
    { for key, alarm in local.api_alarms : key => alarm if var.api != null },
    { for key, alarm in local.database_alarms : key => alarm if var.database != null },
    { for key, alarm in local.instance_alarms : key => alarm if try(var.database.kind, "") == "instance" },
    { for key, alarm in local.aurora_alarms : key => alarm if try(var.database.kind, "") == "aurora" },
  )

  # What the CDN itself counts: failures of the bucket, of the edge function and of the API alike.
  global_alarms = {
    pages-failed = {
      about = "More than one answer of the CDN in fifty was a failure, for ten minutes."
      from  = "AWS/CloudFront", metric = "5xxErrorRate", of = { DistributionId = var.distribution_id, Region = "Global" }, statistic = "Average"
      is    = "GreaterThanThreshold", threshold = 2, period = 300, periods = 2, missing = "notBreaching"
    }
  }

  # What is usual is learned from two weeks; what is far from it is worth a look, whatever the threshold would be.
  all_bands = {
    requests-unusual = {
      about = "Far more or far fewer requests than is usual at this hour, for half an hour."
      from  = "AWS/ApiGateway", metric = "Count", of = local.gateway, statistic = "Sum"
      is    = "LessThanLowerOrGreaterThanUpperThreshold", width = 4
    }
    latency-unusual = {
      about = "Answers take far longer than is usual at this hour, for half an hour."
      from  = "AWS/ApiGateway", metric = "Latency", of = local.gateway, statistic = "p95"
      is    = "GreaterThanUpperThreshold", width = 4
    }
  }
  bands = { for key, band in local.all_bands : key => band if var.api != null }
}

resource "aws_cloudwatch_metric_alarm" "threshold" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = "${each.value.about} What to do: docs/runbooks/incident.md"
  namespace           = each.value.from
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = each.value.is
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [module.topic.arn]
  ok_actions          = [module.topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "global" {
  for_each = local.global_alarms
  provider = aws.global

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = "${each.value.about} What to do: docs/runbooks/incident.md"
  namespace           = each.value.from
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = each.value.statistic
  comparison_operator = each.value.is
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [module.global_topic.arn]
  ok_actions          = [module.global_topic.arn]
}

resource "aws_cloudwatch_metric_alarm" "band" {
  for_each = local.bands

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = "${each.value.about} What to do: docs/runbooks/incident.md"
  comparison_operator = each.value.is
  threshold_metric_id = "usual"
  evaluation_periods  = 6
  # At night nobody comes, and nothing is unusual in it.
  treat_missing_data = "notBreaching"
  alarm_actions      = [module.topic.arn]
  ok_actions         = [module.topic.arn]

  metric_query {
    id          = "seen"
    return_data = true

    metric {
      namespace   = each.value.from
      metric_name = each.value.metric
      dimensions  = each.value.of
      stat        = each.value.statistic
      period      = 300
    }
  }

  metric_query {
    id          = "usual"
    label       = "as usual"
    expression  = "ANOMALY_DETECTION_BAND(seen, ${each.value.width})"
    return_data = true
  }
}
