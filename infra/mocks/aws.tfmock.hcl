# What a mocked provider says of what AWS would have made, already in a plan (override_during = plan): what is not named
# here is unknown until an apply, and applying costs three times as long.

mock_resource "aws_s3_bucket" {
  defaults = {
    id                          = "zichkoding-mocked"
    arn                         = "arn:aws:s3:::zichkoding-mocked"
    bucket_regional_domain_name = "zichkoding-mocked.s3.eu-central-1.amazonaws.com"
  }
}

mock_resource "aws_cloudfront_distribution" {
  defaults = {
    id             = "E1"
    arn            = "arn:aws:cloudfront::123456789012:distribution/E1"
    domain_name    = "d1.cloudfront.net"
    hosted_zone_id = "Z2FDTNDATAQYW2"
  }
}

mock_resource "aws_cloudfront_function" {
  defaults = { arn = "arn:aws:cloudfront::123456789012:function/mocked" }
}

mock_resource "aws_cloudfront_key_value_store" {
  defaults = { arn = "arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555" }
}

mock_resource "aws_acm_certificate" {
  defaults = {
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
    # As AWS says it: a wildcard has the record of the name below it.
    domain_validation_options = [
      for one in [
        { host = "example.com", proved = "example.com" },
        { host = "www.example.com", proved = "www.example.com" },
        { host = "dev.example.com", proved = "dev.example.com" },
        { host = "*.preview.dev.example.com", proved = "preview.dev.example.com" },
        { host = "staging.example.com", proved = "staging.example.com" },
        { host = "www.staging.example.com", proved = "www.staging.example.com" },
        { host = "production.example.com", proved = "production.example.com" },
        { host = "*.preview.staging.example.com", proved = "preview.staging.example.com" },
        ] : {
        domain_name           = one.host
        resource_record_name  = "_proof.${one.proved}"
        resource_record_type  = "CNAME"
        resource_record_value = "_proof.acm-validations.aws."
      }
    ]
  }
}

mock_resource "aws_wafv2_web_acl" {
  defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/mocked/11111111-2222-3333-4444-555555555555" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mocked" }
}

mock_resource "aws_cloudwatch_log_delivery_destination" {
  defaults = { arn = "arn:aws:logs:us-east-1:123456789012:delivery-destination:mocked" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
}

mock_resource "aws_iam_policy" {
  defaults = { arn = "arn:aws:iam::123456789012:policy/mocked" }
}

mock_resource "aws_iam_openid_connect_provider" {
  defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
}

mock_resource "aws_cloudfront_cache_policy" {
  defaults = { id = "cache-policy" }
}

mock_resource "aws_cloudfront_response_headers_policy" {
  defaults = { id = "headers-policy" }
}

mock_resource "aws_cloudfront_origin_access_control" {
  defaults = { id = "access-control" }
}

mock_resource "aws_ce_anomaly_monitor" {
  defaults = { arn = "arn:aws:ce::123456789012:anomalymonitor/11111111-2222-3333-4444-555555555555" }
}

# The network.

mock_resource "aws_vpc" {
  defaults = {
    id                     = "vpc-1"
    ipv6_cidr_block        = "2a05:d014:1:2f00::/56"
    default_network_acl_id = "acl-default"
    default_route_table_id = "rtb-default"
  }
}

mock_resource "aws_subnet" {
  defaults = { id = "subnet-1" }
}

mock_resource "aws_security_group" {
  defaults = { id = "sg-1" }
}

# The data.

mock_resource "aws_db_instance" {
  defaults = {
    address            = "zichkoding.c1.eu-central-1.rds.amazonaws.com"
    arn                = "arn:aws:rds:eu-central-1:123456789012:db:zichkoding"
    resource_id        = "db-ABC"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1", secret_status = "active", kms_key_id = "k" }]
  }
}

mock_resource "aws_rds_cluster" {
  defaults = {
    endpoint            = "zichkoding.cluster-c1.eu-central-1.rds.amazonaws.com"
    arn                 = "arn:aws:rds:eu-central-1:123456789012:cluster:zichkoding"
    cluster_resource_id = "cluster-ABC"
    master_user_secret  = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-1", secret_status = "active", kms_key_id = "k" }]
  }
}

mock_resource "aws_db_proxy" {
  defaults = {
    arn      = "arn:aws:rds:eu-central-1:123456789012:db-proxy:prx-1"
    endpoint = "zichkoding.proxy-c1.eu-central-1.rds.amazonaws.com"
  }
}

# A random name may begin with a digit, which is none.
mock_resource "aws_db_proxy_default_target_group" {
  defaults = { name = "default" }
}

mock_resource "aws_elasticache_serverless_cache" {
  defaults = {
    arn      = "arn:aws:elasticache:eu-central-1:123456789012:serverlesscache:mocked"
    endpoint = [{ address = "mocked.serverless.euc1.cache.amazonaws.com", port = 6379 }]
  }
}

mock_resource "aws_elasticache_user" {
  defaults = { arn = "arn:aws:elasticache:eu-central-1:123456789012:user:mocked" }
}

mock_resource "aws_backup_vault" {
  defaults = { arn = "arn:aws:backup:eu-central-1:123456789012:backup-vault:mocked" }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mocked-Ab1Cd2" }
}

mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
}

# The API, and what watches it.

mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:mocked", version = "1" }
}

mock_resource "aws_lambda_alias" {
  defaults = {
    arn        = "arn:aws:lambda:eu-central-1:123456789012:function:mocked:live"
    invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:mocked:live/invocations"
  }
}

mock_resource "aws_api_gateway_rest_api" {
  defaults = { id = "a1b2c3", execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3" }
}

mock_resource "aws_api_gateway_api_key" {
  defaults = { value = "a-key-that-aws-made" }
}

mock_resource "aws_api_gateway_stage" {
  defaults = { arn = "arn:aws:apigateway:eu-central-1::/restapis/a1b2c3/stages/api" }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = { arn = "arn:aws:events:eu-central-1:123456789012:rule/mocked" }
}

mock_resource "aws_sqs_queue" {
  defaults = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:mocked"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/mocked"
  }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mocked" }
}

mock_resource "aws_sesv2_email_identity" {
  defaults = {
    arn                     = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"
    dkim_signing_attributes = { tokens = ["one", "two", "three"] }
  }
}

mock_resource "aws_sesv2_configuration_set" {
  defaults = { arn = "arn:aws:ses:eu-central-1:123456789012:configuration-set/mocked" }
}
