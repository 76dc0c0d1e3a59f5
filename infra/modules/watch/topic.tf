# Who is told. Alarms speak to a topic, and the topic to addresses.

locals {
  name = "zichkoding-${var.environment}"
}

module "topic" {
  source = "../topic"

  name      = "${local.name}-alarms"
  account   = var.account
  speakers  = ["cloudwatch.amazonaws.com", "ses.amazonaws.com"]
  addresses = var.alarm_addresses
}

# An alarm speaks to topics of its own region only, and the CDN's figures are counted in one: there is a second topic, and
# a second mail to confirm.
module "global_topic" {
  source    = "../topic"
  providers = { aws = aws.global }

  name      = "${local.name}-cdn-alarms"
  account   = var.account
  speakers  = ["cloudwatch.amazonaws.com"]
  addresses = var.alarm_addresses
}
