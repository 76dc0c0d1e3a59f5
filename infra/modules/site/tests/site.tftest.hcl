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
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Principal == { Service = "cloudfront.amazonaws.com" }
    error_message = "Nobody but CloudFront."
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Action == "s3:GetObject"
    error_message = "It reads objects; it neither lists nor writes."
  }
  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Resource == [
      "${aws_s3_bucket.this.arn}/releases/*", "${aws_s3_bucket.this.arn}/assets/*", "${aws_s3_bucket.this.arn}/404.html",
    ]
    error_message = "Manifests and the ledger are not for visitors."
  }
  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement[1] == {
      Sid       = "NothingUnencrypted"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
    error_message = "Whoever does not use TLS is refused, whatever they ask."
  }
  assert {
    condition = alltrue([
      aws_cloudfront_origin_access_control.this.signing_behavior == "always",
      aws_cloudfront_origin_access_control.this.signing_protocol == "sigv4",
      aws_cloudfront_origin_access_control.this.origin_access_control_origin_type == "s3",
      one(aws_cloudfront_distribution.this.origin).origin_access_control_id == aws_cloudfront_origin_access_control.this.id,
    ])
    error_message = "CloudFront signs every request to the bucket."
  }
}

run "visitors_get_a_modern_connection" {
  assert {
    condition = alltrue([
      aws_cloudfront_distribution.this.enabled,
      aws_cloudfront_distribution.this.is_ipv6_enabled,
      aws_cloudfront_distribution.this.http_version == "http2and3",
      aws_cloudfront_distribution.this.default_cache_behavior[0].compress,
      aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https",
    ])
    error_message = "IPv6, HTTP/3, compression, and never without TLS."
  }
  assert {
    condition     = toset(aws_cloudfront_distribution.this.default_cache_behavior[0].allowed_methods) == toset(["GET", "HEAD"])
    error_message = "A page is read, never written."
  }
  assert {
    condition = alltrue([
      aws_cloudfront_cache_policy.pages.parameters_in_cache_key_and_forwarded_to_origin[0].enable_accept_encoding_brotli,
      aws_cloudfront_cache_policy.pages.parameters_in_cache_key_and_forwarded_to_origin[0].enable_accept_encoding_gzip,
    ])
    error_message = "Without these CloudFront does not compress at all."
  }
}

run "every_page_goes_through_the_edge_function" {
  assert {
    condition = { for one in aws_cloudfront_distribution.this.default_cache_behavior[0].function_association : one.event_type => one.function_arn } == {
      viewer-request  = aws_cloudfront_function.router.arn
      viewer-response = aws_cloudfront_function.status.arn
    }
    error_message = "One decides before the cache is looked up, one gives the answer its status."
  }
  assert {
    condition     = aws_cloudfront_function.router.code == file("../../edge/router.js") && aws_cloudfront_function.router.runtime == "cloudfront-js-2.0"
    error_message = "It is the very file that the preview and the tests run."
  }
  assert {
    condition     = aws_cloudfront_function.status.code == file("../../edge/status.js") && aws_cloudfront_function.status.runtime == "cloudfront-js-2.0"
    error_message = "And so is the one that gives the status."
  }
  assert {
    condition     = aws_cloudfront_function.router.publish && aws_cloudfront_function.status.publish
    error_message = "What runs is their published versions."
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
  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].cache_policy_id == aws_cloudfront_cache_policy.pages.id
    error_message = "And that policy is the one in use."
  }
  assert {
    condition     = aws_cloudfront_cache_policy.pages.min_ttl == 0 && aws_cloudfront_cache_policy.pages.max_ttl == 31536000
    error_message = "Each object says how long it is kept, up to a year."
  }
}

run "what_is_missing_is_a_real_404" {
  assert {
    condition     = toset([for one in aws_cloudfront_distribution.this.custom_error_response : one.error_code]) == toset([403, 404])
    error_message = "S3 answers 403 for what is missing, and 404 is 404."
  }
  assert {
    condition = alltrue([
      for one in aws_cloudfront_distribution.this.custom_error_response :
      one.response_code == 404 && one.response_page_path == "/404.html" && one.error_caching_min_ttl <= 60
    ])
    error_message = "Neither a bare error nor a page that claims to be there, and not for long."
  }
}

run "the_headers_are_those_of_the_file" {
  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].response_headers_policy_id == aws_cloudfront_response_headers_policy.pages.id
    error_message = "Every page carries them."
  }
  assert {
    condition = {
      for one in aws_cloudfront_response_headers_policy.pages.custom_headers_config[0].items : one.header => one.value if one.header != "X-Robots-Tag"
      } == {
      for name, value in jsondecode(file("../../edge/headers.json")).security : name => value if !contains(local.own_fields, name)
    }
    error_message = "What CloudFront has no field for is a custom header, with the file's value."
  }
  assert {
    condition = alltrue([
      local.security_headers["Content-Security-Policy"] == one(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).content_security_policy).content_security_policy,
      local.security_headers["Referrer-Policy"] == one(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).referrer_policy).referrer_policy,
      local.security_headers["X-Frame-Options"] == one(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).frame_options).frame_option,
      local.security_headers["X-Content-Type-Options"] == "nosniff",
      length(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).content_type_options) == 1,
    ])
    error_message = "The others are in CloudFront's own fields, with the file's value."
  }
  assert {
    condition = local.security_headers["Strict-Transport-Security"] == join("; ", compact([
      "max-age=${one(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).strict_transport_security).access_control_max_age_sec}",
      one(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).strict_transport_security).include_subdomains ? "includeSubDomains" : "",
      one(one(aws_cloudfront_response_headers_policy.pages.security_headers_config).strict_transport_security).preload ? "preload" : "",
    ]))
    error_message = "HSTS is taken apart into fields, and they say the same."
  }
}

run "staging_is_not_to_be_found" {
  assert {
    condition     = [for one in aws_cloudfront_response_headers_policy.pages.custom_headers_config[0].items : one.value if one.header == "X-Robots-Tag"] == ["noindex"]
    error_message = "Search engines keep out of everything but production."
  }
}

run "dev_is_not_to_be_found" {
  variables {
    environment = "dev"
  }
  assert {
    condition     = [for one in aws_cloudfront_response_headers_policy.pages.custom_headers_config[0].items : one.value if one.header == "X-Robots-Tag"] == ["noindex"]
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
  assert {
    condition     = aws_cloudfront_distribution.this.ordered_cache_behavior[0].origin_request_policy_id == local.all_viewer_but_host_header
    error_message = "The API gets everything the visitor sent but the host, which is not its own."
  }
  assert {
    condition     = contains(aws_cloudfront_distribution.this.ordered_cache_behavior[0].allowed_methods, "POST")
    error_message = "A form can be sent."
  }
  assert {
    condition     = length(aws_cloudfront_distribution.this.ordered_cache_behavior[0].function_association) == 0
    error_message = "The edge function is for pages: it would refuse the form."
  }
  assert {
    condition = [
      for one in aws_cloudfront_distribution.this.origin : [one.domain_name, one.custom_origin_config[0].origin_protocol_policy]
      if one.origin_id == "api"
    ] == [["api.example.com", "https-only"]]
    error_message = "And it is asked over TLS only."
  }
}

run "a_domain_brings_its_certificate" {
  variables {
    domain = {
      name            = "staging.example.com"
      aliases         = ["www.staging.example.com"]
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    }
  }
  assert {
    condition     = aws_cloudfront_distribution.this.aliases == toset(["staging.example.com", "www.staging.example.com"])
    error_message = "The distribution answers to its names."
  }
  assert {
    condition = alltrue([
      aws_cloudfront_distribution.this.viewer_certificate[0].acm_certificate_arn == "arn:aws:acm:us-east-1:123456789012:certificate/1",
      aws_cloudfront_distribution.this.viewer_certificate[0].ssl_support_method == "sni-only",
      !aws_cloudfront_distribution.this.viewer_certificate[0].cloudfront_default_certificate,
    ])
    error_message = "With its own certificate."
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

run "without_a_domain_it_has_cloudfronts_own_name" {
  assert {
    condition     = output.descriptor.site_url == "https://d1.cloudfront.net" && length(aws_cloudfront_distribution.this.aliases) == 0
    error_message = "An environment can be made before its DNS is."
  }
}

run "the_descriptor_names_what_was_made" {
  assert {
    condition = output.descriptor == {
      name            = "staging"
      account         = "123456789012"
      bucket          = aws_s3_bucket.this.id
      region          = "eu-central-1"
      distribution_id = aws_cloudfront_distribution.this.id
      kvs_arn         = aws_cloudfront_key_value_store.this.arn
      site_url        = "https://d1.cloudfront.net"
    }
    error_message = "publish.py goes by this alone."
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

run "an_account_with_a_letter_is_refused" {
  command = plan
  variables {
    account = "12345678901a"
  }
  expect_failures = [var.account]
}

run "a_certificate_of_another_region_is_refused" {
  command = plan
  variables {
    domain = {
      name            = "staging.example.com"
      certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    }
  }
  expect_failures = [var.domain]
}

run "a_domain_with_a_scheme_is_refused" {
  command = plan
  variables {
    domain = {
      name            = "https://staging.example.com"
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    }
  }
  expect_failures = [var.domain]
}

run "an_alias_with_a_path_is_refused" {
  command = plan
  variables {
    domain = {
      name            = "staging.example.com"
      aliases         = ["www.example.com/x"]
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    }
  }
  expect_failures = [var.domain]
}

run "an_api_with_a_scheme_is_refused" {
  command = plan
  variables {
    api_domain = "https://api.example.com/prod"
  }
  expect_failures = [var.api_domain]
}
