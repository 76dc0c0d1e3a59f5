# What the module must be, whatever the account: run with mocked providers, so without network or credentials.
# It says that the configuration is right in shape; only AWS can say that AWS agrees.

mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = {
      arn                         = "arn:aws:s3:::zichkoding-staging-123456789012"
      bucket_regional_domain_name = "zichkoding-staging-123456789012.s3.eu-central-1.amazonaws.com"
    }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = {
      arn         = "arn:aws:cloudfront::123456789012:distribution/E1"
      domain_name = "d1.cloudfront.net"
    }
  }
  mock_resource "aws_cloudfront_function" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:function/router" }
  }
  mock_resource "aws_cloudfront_key_value_store" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  environment = "staging"
  account     = "123456789012"
  region      = "eu-central-1"
}

run "the_bucket_is_closed_encrypted_and_versioned" {
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Nobody may open the bucket to the public."
  }
  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "No access list may give an object away."
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "What lies in the bucket is encrypted."
  }
  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "What was overwritten can be had back."
  }
}

run "only_this_distribution_reads_and_only_over_tls" {
  assert {
    condition = [
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid
      if statement.Effect == "Allow"
    ] == ["CloudFrontReads"]
    error_message = "There is one reader."
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition.StringEquals["AWS:SourceArn"] == aws_cloudfront_distribution.this.arn
    error_message = "And it is this distribution, not any of CloudFront's."
  }
  assert {
    condition     = !strcontains(jsonencode(jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Resource), "manifests")
    error_message = "Manifests and the ledger are not for visitors."
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[1].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "Whoever does not use TLS is refused."
  }
}

run "every_page_goes_through_the_edge_function" {
  assert {
    condition     = [for one in aws_cloudfront_distribution.this.default_cache_behavior[0].function_association : one.event_type] == ["viewer-request"]
    error_message = "The function runs before the cache is looked up."
  }
  assert {
    condition     = aws_cloudfront_function.router.code == file("../../edge/router.js") && aws_cloudfront_function.router.runtime == "cloudfront-js-2.0"
    error_message = "It is the very file that the preview and the tests run."
  }
  assert {
    condition     = one(aws_cloudfront_function.router.key_value_store_associations) == aws_cloudfront_key_value_store.this.arn
    error_message = "It reads which release is live from the store that publish.py writes."
  }
}

run "the_address_alone_is_the_cache_key" {
  assert {
    condition = alltrue([
      aws_cloudfront_cache_policy.pages.parameters_in_cache_key_and_forwarded_to_origin[0].query_strings_config[0].query_string_behavior == "none",
      aws_cloudfront_cache_policy.pages.parameters_in_cache_key_and_forwarded_to_origin[0].cookies_config[0].cookie_behavior == "none",
      aws_cloudfront_cache_policy.pages.parameters_in_cache_key_and_forwarded_to_origin[0].headers_config[0].header_behavior == "none",
    ])
    error_message = "A query string or a cookie must not make a page miss the cache."
  }
}

run "what_is_missing_is_a_real_404" {
  assert {
    condition     = alltrue([for one in aws_cloudfront_distribution.this.custom_error_response : one.response_code == 404 && one.response_page_path == "/404.html"])
    error_message = "Neither a bare error nor a page that claims to be there."
  }
}

run "staging_is_not_to_be_found" {
  assert {
    condition     = contains([for one in aws_cloudfront_response_headers_policy.pages.custom_headers_config[0].items : one.header], "X-Robots-Tag")
    error_message = "Search engines keep out of everything but production."
  }
}

run "production_is_to_be_found" {
  variables {
    environment = "production"
  }
  assert {
    condition     = !contains([for one in aws_cloudfront_response_headers_policy.pages.custom_headers_config[0].items : one.header], "X-Robots-Tag")
    error_message = "Production says nothing to keep search engines out."
  }
}

run "without_an_api_there_is_no_way_to_one" {
  assert {
    condition     = length(aws_cloudfront_distribution.this.ordered_cache_behavior) == 0
    error_message = "A behaviour without an origin cannot be made."
  }
}

run "the_api_is_never_cached" {
  variables {
    api_domain = "api.example.com"
  }
  assert {
    condition     = [for one in aws_cloudfront_distribution.this.ordered_cache_behavior : [one.path_pattern, one.cache_policy_id]] == [["/api/*", local.caching_disabled]]
    error_message = "An answer of the API belongs to one visitor."
  }
}

run "a_domain_brings_its_certificate" {
  variables {
    domain = {
      name            = "staging.example.com"
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    }
  }
  assert {
    condition     = aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
    error_message = "Old TLS is not spoken."
  }
  assert {
    condition     = output.descriptor.site_url == "https://staging.example.com"
    error_message = "The descriptor names the address that visitors use."
  }
}

run "an_unknown_environment_is_refused" {
  command = plan
  variables {
    environment = "prod"
  }
  expect_failures = [var.environment]
}

run "an_account_that_is_none_is_refused" {
  command = plan
  variables {
    account = "1234"
  }
  expect_failures = [var.account]
}
