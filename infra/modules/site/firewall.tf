# The firewall before the distribution: AWS's own rules, and a limit on how often one address may ask the API.

locals {
  # What looks into a body would refuse a message that quotes a script or a path, and no message may be lost: the API
  # takes any text, binds it as a parameter and escapes it. These only count; all else of these groups refuses.
  managed_rules = {
    AWSManagedRulesAmazonIpReputationList = { priority = 1, only_counted = [] }
    AWSManagedRulesKnownBadInputsRuleSet = {
      priority     = 2
      only_counted = ["JavaDeserializationRCE_BODY", "Log4JRCE_BODY"]
    }
    AWSManagedRulesCommonRuleSet = {
      priority = 3
      only_counted = [
        "SizeRestrictions_BODY", "EC2MetaDataSSRF_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "CrossSiteScripting_BODY",
      ]
    }
  }

  requests_in_five_minutes = 300
}

resource "aws_wafv2_web_acl" "this" {
  count    = var.firewall ? 1 : 0
  provider = aws.global

  name        = "zichkoding-${var.environment}"
  description = "Before the distribution of ${var.environment}."
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  rule {
    name     = "api-rate"
    priority = 0

    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "slow-down"

          response_header {
            name  = "Retry-After"
            value = "300"
          }
        }
      }
    }

    statement {
      rate_based_statement {
        limit                 = local.requests_in_five_minutes
        evaluation_window_sec = 300
        aggregate_key_type    = "IP"

        scope_down_statement {
          byte_match_statement {
            positional_constraint = "STARTS_WITH"
            search_string         = "/api/"

            field_to_match {
              uri_path {}
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "api-rate"
      sampled_requests_enabled   = true
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key

          dynamic "rule_action_override" {
            for_each = toset(rule.value.only_counted)

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = true
      }
    }
  }

  # In the API's own shape for errors.
  custom_response_body {
    key          = "slow-down"
    content_type = "APPLICATION_JSON"
    content = jsonencode({
      error = {
        code    = "too_many"
        message = "That was often. Please wait five minutes."
        fields  = {}
      }
    })
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "zichkoding-${var.environment}"
    sampled_requests_enabled   = true
  }
}

# The name must begin so. Only what was refused or counted is kept: it says whether a rule is wrong about somebody.
resource "aws_cloudwatch_log_group" "firewall" {
  count    = var.firewall ? 1 : 0
  provider = aws.global

  name              = "aws-waf-logs-zichkoding-${var.environment}"
  retention_in_days = 14
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  count    = var.firewall ? 1 : 0
  provider = aws.global

  resource_arn            = aws_wafv2_web_acl.this[0].arn
  log_destination_configs = [aws_cloudwatch_log_group.firewall[0].arn]

  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition {
          action = "BLOCK"
        }
      }
      condition {
        action_condition {
          action = "COUNT"
        }
      }
    }
  }

  redacted_fields {
    single_header {
      name = "cookie"
    }
  }
  redacted_fields {
    single_header {
      name = "authorization"
    }
  }
  redacted_fields {
    query_string {}
  }
}
