# What a mocked provider says of what AWS would have made, already in a plan (override_during = plan): what is not named
# here is unknown until an apply, and applying costs three times as long.

mock_resource "aws_s3_bucket" {
  defaults = {
    arn                         = "arn:aws:s3:::zichkoding-mocked"
    bucket_regional_domain_name = "zichkoding-mocked.s3.eu-central-1.amazonaws.com"
  }
}

mock_resource "aws_cloudfront_distribution" {
  defaults = {
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
