# Somebody is told before money is gone: by a limit for the month, and by what is unlike other days.

resource "aws_budgets_budget" "month" {
  name         = "zichkoding-month"
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.monthly_budget)
  limit_unit   = "USD"

  # Half of it is gone; most of it is; and at this pace it will not last.
  dynamic "notification" {
    for_each = {
      half     = { threshold = 50, type = "ACTUAL" }
      most     = { threshold = 90, type = "ACTUAL" }
      forecast = { threshold = 100, type = "FORECASTED" }
    }

    content {
      comparison_operator        = "GREATER_THAN"
      notification_type          = notification.value.type
      threshold                  = notification.value.threshold
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.told_of_costs
    }
  }
}

# An account has room for one monitor of this kind, and a newer account may come with one: then its ARN is given.
resource "aws_ce_anomaly_monitor" "services" {
  count = var.anomaly_monitor_arn == null ? 1 : 0

  name              = "zichkoding-services"
  monitor_type      = "DIMENSIONAL"
  monitor_dimension = "SERVICE"
}

resource "aws_ce_anomaly_subscription" "daily" {
  name             = "zichkoding-daily"
  frequency        = "DAILY"
  monitor_arn_list = [var.anomaly_monitor_arn == null ? aws_ce_anomaly_monitor.services[0].arn : var.anomaly_monitor_arn]

  dynamic "subscriber" {
    for_each = var.told_of_costs

    content {
      type    = "EMAIL"
      address = subscriber.value
    }
  }

  # Less than this is noise at the size of these bills.
  threshold_expression {
    dimension {
      key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values        = ["5"]
    }
  }
}
