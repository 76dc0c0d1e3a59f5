# Questions that are asked of the logs when something is wrong, so that nobody has to invent them then.

locals {
  functions_logs = try([var.api.log_group_names.app, var.api.log_group_names.work], [])

  all_queries = {
    "failed requests by address" = {
      logs = local.functions_logs
      text = <<-EOT
        filter event = "request" and status >= 500
        | stats count(*) as failed by route, status
        | sort failed desc
      EOT
    }
    "how fast each address is" = {
      logs = local.functions_logs
      text = <<-EOT
        filter event = "request"
        | stats count(*) as requests, pct(milliseconds, 50) as half, pct(milliseconds, 95) as slow, max(milliseconds) as slowest by route
        | sort slow desc
      EOT
    }
    "faults of ours" = {
      logs = local.functions_logs
      text = <<-EOT
        filter event = "crash"
        | stats count(*) as times, latest(@timestamp) as last by error, where, frames.0
        | sort times desc
      EOT
    }
    "what became of messages" = {
      logs = local.functions_logs
      text = <<-EOT
        filter ispresent(kept) or event in ["message_queued", "message_not_kept", "queued_message_refused"]
        | stats count(*) as messages, count(kept) as kept by event, bin(1h)
      EOT
    }
    "deliveries that did not work" = {
      logs = local.functions_logs
      text = <<-EOT
        filter event in ["delivery_put_off", "delivery_dead"]
        | stats count(*) as times by event, channel, template, reason
        | sort times desc
      EOT
    }
    "what the gateway refused" = {
      logs = try([var.api.log_group_names.gateway], [])
      text = <<-EOT
        filter event = "gateway" and refused != "-"
        | stats count(*) as times by refused, route, status
        | sort times desc
      EOT
    }
    "how long functions take to begin" = {
      logs = local.functions_logs
      text = <<-EOT
        filter type = "platform.report" and ispresent(record.metrics.initDurationMs)
        | stats count(*) as starts, pct(record.metrics.initDurationMs, 50) as half, max(record.metrics.initDurationMs) as slowest by @log
      EOT
    }
  }
  queries = { for name, query in local.all_queries : name => query if var.api != null }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.queries

  name            = "${local.name}/${each.key}"
  log_group_names = each.value.logs
  query_string    = each.value.text
}
