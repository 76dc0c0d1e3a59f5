# A signed zone (DNSSEC): nobody on the way can say that a name leads elsewhere. Off unless asked for: its last step is a
# record at the registrar, and a mistake there takes the domain away. docs/runbooks/sign-the-zone.md says the order.

locals {
  # One key and one topic for all zones, and none where no zone is signed.
  signing = length(var.signed_zones) == 0 ? toset([]) : toset(["signing"])

  signing_alarms = {
    DNSSECInternalFailure             = "Route 53 could not sign"
    DNSSECKeySigningKeysNeedingAction = "The key cannot be used, so signatures will end, of"
  }
}

# Route 53 takes a key of this kind and this region only. It is the one that the registrar's record speaks of; with the
# keys that change it signs by itself.
resource "aws_kms_key" "signing" {
  for_each = local.signing
  provider = aws.global

  description              = "Signs the keys of the zones."
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  # Long, because without it every name of a signed zone is away.
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheAccountsRolesDecide"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Route53Signs"
        Effect    = "Allow"
        Principal = { Service = "dnssec-route53.amazonaws.com" }
        Action    = ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account }
          ArnLike      = { "aws:SourceArn" = "arn:aws:route53:::hostedzone/*" }
        }
      },
      {
        # So that it goes on signing; for itself, and for nobody else.
        Sid       = "Route53KeepsTheRight"
        Effect    = "Allow"
        Principal = { Service = "dnssec-route53.amazonaws.com" }
        Action    = "kms:CreateGrant"
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account }
          Bool         = { "kms:GrantIsForAWSResource" = "true" }
        }
      },
    ]
  })
}

resource "aws_route53_key_signing_key" "this" {
  for_each = var.signed_zones

  name                       = "zichkoding"
  hosted_zone_id             = aws_route53_zone.this[each.key].zone_id
  key_management_service_arn = aws_kms_key.signing["signing"].arn
}

resource "aws_route53_hosted_zone_dnssec" "this" {
  for_each = aws_route53_key_signing_key.this

  hosted_zone_id = each.value.hosted_zone_id
}

module "signing_topic" {
  source    = "../modules/topic"
  for_each  = local.signing
  providers = { aws = aws.global }

  name      = "zichkoding-signing"
  account   = var.account
  speakers  = ["cloudwatch.amazonaws.com"]
  addresses = var.told_of_costs
}

# Route 53 counts there too. What is wrong must be mended within days, before the last signatures end.
resource "aws_cloudwatch_metric_alarm" "signing" {
  for_each = { for pair in setproduct(var.signed_zones, keys(local.signing_alarms)) : "${pair[0]} ${pair[1]}" => { zone = pair[0], metric = pair[1] } }
  provider = aws.global

  alarm_name          = "zichkoding-signing-${each.value.zone}-${each.value.metric}"
  alarm_description   = "${local.signing_alarms[each.value.metric]} ${each.value.zone}. What to do: docs/runbooks/sign-the-zone.md"
  namespace           = "AWS/Route53"
  metric_name         = each.value.metric
  dimensions          = { HostedZoneId = aws_route53_zone.this[each.value.zone].zone_id }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [module.signing_topic["signing"].arn]
  ok_actions          = [module.signing_topic["signing"].arn]
}
