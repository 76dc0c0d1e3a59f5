# What the module must be, whatever the account: run with mocked providers, so without network or credentials.
# It says that the configuration is right in shape; only AWS can say that AWS agrees.

mock_provider "aws" {
  source          = "../../mocks"
  override_during = plan
}

mock_provider "aws" {
  alias           = "global"
  source          = "../../mocks"
  override_during = plan
}

mock_provider "aws" {
  alias           = "replica"
  source          = "../../mocks"
  override_during = plan
}

variables {
  environment = "staging"
  account     = "123456789012"
  region      = "eu-central-1"
  firewall    = true
  log_days    = 30
}

# Each run costs some seconds, so what holds at once is asserted at once.

run "staging_with_a_domain_an_api_and_a_firewall" {
  command = plan

  variables {
    domain = {
      name    = "staging.example.com"
      aliases = ["www.staging.example.com"]
      zone_id = "Z0123456789"
    }
    api = {
      domain       = "api.example.com"
      path         = "/live"
      header_name  = "X-Origin-Secret"
      header_value = "not-a-secret"
    }
  }

  # The bucket is closed, encrypted and versioned, and what was pruned is not kept for ever.
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

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.status == "Enabled" && alltrue([
        for expiration in rule.expiration : expiration.expired_object_delete_marker
      ])
    ])
    error_message = "No object goes by its age: the live release may be years old."
  }
  assert {
    condition = alltrue([
      anytrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : length(rule.noncurrent_version_expiration) == 1]),
      anytrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : length(rule.abort_incomplete_multipart_upload) == 1]),
    ])
    error_message = "What was pruned and what died half way does go."
  }

  # Only this distribution reads, and only over TLS.
  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Action => statement.Resource
      if statement.Effect == "Allow"
      } == {
      "s3:GetObject"  = [for path in ["releases/*", "assets/*", "404.html"] : "${aws_s3_bucket.this.arn}/${path}"]
      "s3:ListBucket" = aws_s3_bucket.this.arn
    }
    error_message = "Visitors get releases, assets and the 404 page; manifests and the ledger are not for them."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      statement.Principal == { Service = "cloudfront.amazonaws.com" } && statement.Condition.StringEquals["AWS:SourceArn"] == aws_cloudfront_distribution.this.arn
      if statement.Effect == "Allow"
    ])
    error_message = "There is one reader, and it is this distribution, not any of CloudFront's."
  }
  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement[2] == {
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
      alltrue([for one in aws_cloudfront_distribution.this.origin : one.origin_access_control_id == aws_cloudfront_origin_access_control.this.id if one.origin_id != "api"]),
    ])
    error_message = "CloudFront signs every request to the bucket."
  }

  assert {
    condition     = flatten([for one in aws_cloudfront_distribution.this.origin : one.origin_shield[*].origin_shield_region if one.origin_id == "bucket"]) == ["eu-central-1"]
    error_message = "A release that has just gone live is fetched from the bucket once, not once for every edge."
  }

  # Who asked is written down, and what leads to a person is not.
  assert {
    condition = alltrue([
      aws_cloudwatch_log_delivery_source.this.resource_arn == aws_cloudfront_distribution.this.arn,
      aws_cloudwatch_log_delivery_source.this.log_type == "ACCESS_LOGS",
      one(aws_cloudwatch_log_delivery_destination.this.delivery_destination_configuration).destination_resource_arn == aws_s3_bucket.logs.arn,
      aws_s3_bucket_logging.this.target_bucket == aws_s3_bucket.logs.id,
    ])
    error_message = "CloudFront's logs and the bucket's go into the one bucket for logs."
  }
  assert {
    condition     = length(setintersection(["c-ip", "cs(Cookie)", "cs-uri-query", "x-forwarded-for", "c-port"], aws_cloudwatch_log_delivery.this.record_fields)) == 0
    error_message = "No address, no cookie and no query string, which may hold the token of a mail."
  }
  assert {
    condition = alltrue([
      one(aws_cloudwatch_log_delivery_destination.this[*].output_format) == "w3c",
      length(setsubtract(["date", "cs-method", "cs-uri-stem", "sc-status", "sc-content-type", "cs(User-Agent)"], aws_cloudwatch_log_delivery.this.record_fields)) == 0,
    ])
    error_message = "The worker counts pages from what is written (api/chalicelib/figures/cdn.py)."
  }
  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.logs.rule : rule.expiration[0].days] == [30]
    error_message = "Logs are forgotten."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.logs.policy).Statement :
      statement.Action == "s3:PutObject" && statement.Condition.StringEquals["aws:SourceAccount"] == "123456789012"
      if statement.Effect == "Allow"
    ])
    error_message = "Two services write to it, for this account; nobody reads by this policy."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.logs.block_public_acls, aws_s3_bucket_public_access_block.logs.block_public_policy,
      aws_s3_bucket_public_access_block.logs.ignore_public_acls, aws_s3_bucket_public_access_block.logs.restrict_public_buckets,
    ])
    error_message = "Nobody may open the logs to the public."
  }

  # The firewall refuses what is known to be bad, limits the API, and lets every message pass.
  assert {
    condition     = aws_cloudfront_distribution.this.web_acl_id == aws_wafv2_web_acl.this[0].arn && output.web_acl_arn == aws_wafv2_web_acl.this[0].arn
    error_message = "It stands before this distribution."
  }
  assert {
    condition = toset(flatten([for rule in aws_wafv2_web_acl.this[0].rule : rule.statement[0].managed_rule_group_statement[*].name])) == toset([
      "AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet",
    ])
    error_message = "Bad addresses, known bad inputs, and what is common."
  }
  assert {
    condition = alltrue(flatten([
      for rule in aws_wafv2_web_acl.this[0].rule : [
        for group in rule.statement[0].managed_rule_group_statement : [
          for one in group.rule_action_override : endswith(one.name, "_BODY") && length(one.action_to_use[0].count) == 1
        ]
      ]
    ]))
    error_message = "What looks into a body only counts: a message may quote a script. Nothing else is softened."
  }
  assert {
    condition = [
      for rule in aws_wafv2_web_acl.this[0].rule : [
        rule.statement[0].rate_based_statement[0].aggregate_key_type,
        rule.statement[0].rate_based_statement[0].scope_down_statement[0].byte_match_statement[0].search_string,
        tostring(rule.action[0].block[0].custom_response[0].response_code),
      ] if length(rule.statement[0].rate_based_statement) == 1
    ] == [["IP", "/api/", "429"]]
    error_message = "One address may ask the API only so often, and is told to slow down."
  }
  assert {
    condition = toset(flatten([
      for one in aws_wafv2_web_acl_logging_configuration.this[0].redacted_fields : concat(one.single_header[*].name, [for query in one.query_string : "query"])
    ])) == toset(["cookie", "authorization", "query"])
    error_message = "What the firewall writes down holds no secret of a visitor."
  }

  # Visitors get a modern connection.
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

  # Every page goes through the edge function.
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

  # The address alone is the cache key.
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

  # What is missing is a real 404.
  assert {
    condition = [
      for one in aws_cloudfront_distribution.this.custom_error_response : [one.error_code, one.response_code, one.response_page_path]
      if one.response_page_path != null && one.response_page_path != ""
    ] == [[404, 404, "/404.html"]]
    error_message = "404 has the site's page and stays a 404; the API's 403 is not touched."
  }
  assert {
    condition = alltrue([
      toset([for one in aws_cloudfront_distribution.this.custom_error_response : one.error_code]) == toset([400, 403, 404, 405, 414, 500, 501, 502, 503, 504]),
      alltrue([for one in aws_cloudfront_distribution.this.custom_error_response : one.error_caching_min_ttl == 0]),
    ])
    error_message = "What was an error for one visitor is asked again for the next."
  }

  # The headers are those of the file.
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

  # Staging is not to be found.
  assert {
    condition     = [for one in aws_cloudfront_response_headers_policy.pages.custom_headers_config[0].items : one.value if one.header == "X-Robots-Tag"] == ["noindex"]
    error_message = "Search engines keep out of everything but production."
  }

  # The api is never cached.
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
  assert {
    condition = [
      for one in aws_cloudfront_distribution.this.origin : [one.origin_path, [for header in one.custom_header : "${header.name}: ${header.value}"]]
      if one.origin_id == "api"
    ] == [["/live", ["X-Origin-Secret: not-a-secret"]]]
    error_message = "With the header that proves it."
  }

  # A domain brings its certificate, its records, and names for previews.
  assert {
    condition     = aws_cloudfront_distribution.this.aliases == toset(["staging.example.com", "www.staging.example.com", "*.preview.staging.example.com"])
    error_message = "The distribution answers to its names, and to those of previews."
  }
  assert {
    condition = alltrue([
      aws_acm_certificate.this[0].domain_name == "staging.example.com",
      aws_acm_certificate.this[0].subject_alternative_names == toset(["www.staging.example.com", "*.preview.staging.example.com"]),
      aws_acm_certificate.this[0].validation_method == "DNS",
    ])
    error_message = "One certificate for all of them, proved by DNS."
  }
  assert {
    condition = { for name, record in aws_route53_record.proof : name => [record.name, record.type, record.zone_id] } == {
      for name in ["staging.example.com", "www.staging.example.com", "preview.staging.example.com"] : name => ["_proof.${name}", "CNAME", "Z0123456789"]
    }
    error_message = "Each name is proved by its own record; a wildcard by that of the name below it."
  }
  assert {
    condition = alltrue([
      for record in concat(values(aws_route53_record.ipv4), values(aws_route53_record.ipv6)) :
      record.alias[0].name == "d1.cloudfront.net" && record.zone_id == "Z0123456789"
    ]) && toset(keys(aws_route53_record.ipv4)) == aws_cloudfront_distribution.this.aliases && toset(keys(aws_route53_record.ipv6)) == aws_cloudfront_distribution.this.aliases
    error_message = "Each name leads here, by IPv4 and by IPv6."
  }
  assert {
    condition = alltrue([
      aws_cloudfront_distribution.this.viewer_certificate[0].acm_certificate_arn == aws_acm_certificate_validation.this[0].certificate_arn,
      aws_cloudfront_distribution.this.viewer_certificate[0].ssl_support_method == "sni-only",
      !aws_cloudfront_distribution.this.viewer_certificate[0].cloudfront_default_certificate,
    ])
    error_message = "With its own certificate, once it is valid."
  }
  assert {
    condition     = aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
    error_message = "Old TLS is not spoken."
  }
  assert {
    condition     = output.descriptor.site_url == "https://staging.example.com"
    error_message = "The descriptor names the address that visitors use."
  }

  # The descriptor names what was made.
  assert {
    condition = output.descriptor == {
      name            = "staging"
      account         = "123456789012"
      bucket          = aws_s3_bucket.this.id
      region          = "eu-central-1"
      distribution_id = aws_cloudfront_distribution.this.id
      kvs_arn         = aws_cloudfront_key_value_store.this.arn
      hosts           = tolist(["www.staging.example.com"])
      site_url        = "https://staging.example.com"
    }
    error_message = "publish.py goes by this alone."
  }
}

run "production_in_two_regions" {
  command = plan

  variables {
    environment    = "production"
    replica_region = "eu-west-1"
    domain = {
      name    = "example.com"
      aliases = ["www.example.com"]
      zone_id = "Z0123456789"
    }
  }

  # Production is to be found.
  assert {
    condition     = !contains([for one in aws_cloudfront_response_headers_policy.pages.custom_headers_config[0].items : one.header], "X-Robots-Tag")
    error_message = "Production says nothing to keep search engines out."
  }

  # Every object is in a second region, closed as the first, and pages come from there when the first is not well.
  assert {
    condition = alltrue([
      aws_s3_bucket_replication_configuration.this["eu-west-1"].bucket == aws_s3_bucket.this.id,
      one(aws_s3_bucket_replication_configuration.this["eu-west-1"].rule).destination[0].bucket == aws_s3_bucket.replica["eu-west-1"].arn,
      one(aws_s3_bucket_replication_configuration.this["eu-west-1"].rule).delete_marker_replication[0].status == "Enabled",
    ])
    error_message = "Everything is copied, and what is deleted goes in both."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.replica["eu-west-1"].block_public_acls,
      aws_s3_bucket_public_access_block.replica["eu-west-1"].block_public_policy,
      aws_s3_bucket_public_access_block.replica["eu-west-1"].ignore_public_acls,
      aws_s3_bucket_public_access_block.replica["eu-west-1"].restrict_public_buckets,
      one(aws_s3_bucket_versioning.replica["eu-west-1"].versioning_configuration).status == "Enabled",
    ])
    error_message = "The copy is as closed as the first."
  }
  assert {
    condition = (
      replace(aws_s3_bucket_policy.replica["eu-west-1"].policy, aws_s3_bucket.replica["eu-west-1"].arn, "THERE")
      == replace(aws_s3_bucket_policy.this.policy, aws_s3_bucket.this.arn, "THERE")
    )
    error_message = "And is read by the same one reader."
  }
  assert {
    condition = alltrue([
      flatten([for group in aws_cloudfront_distribution.this.origin_group : group.member[*].origin_id]) == ["bucket", "replica"],
      aws_cloudfront_distribution.this.default_cache_behavior[0].target_origin_id == "either-bucket",
      !contains(one(one(aws_cloudfront_distribution.this.origin_group).failover_criteria).status_codes, 404),
    ])
    error_message = "The other is asked when the first fails, never for what is only missing."
  }
  assert {
    condition = alltrue([
      jsondecode(aws_iam_role.replication["eu-west-1"].assume_role_policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == aws_s3_bucket.this.arn,
      aws_iam_role.replication["eu-west-1"].permissions_boundary == "arn:aws:iam::123456789012:policy/zichkoding-boundary",
    ])
    error_message = "S3 copies for this bucket alone, inside the boundary of the account."
  }
  assert {
    condition     = aws_cloudfront_distribution.this.aliases == toset(["example.com", "www.example.com"])
    error_message = "Production shows no previews."
  }
}

run "dev_without_anything" {
  command = plan

  variables {
    environment = "dev"
    firewall    = false
  }

  # Dev is not to be found.
  assert {
    condition     = [for one in aws_cloudfront_response_headers_policy.pages.custom_headers_config[0].items : one.value if one.header == "X-Robots-Tag"] == ["noindex"]
    error_message = "Search engines keep out of everything but production."
  }

  # Without an api there is no way to one.
  assert {
    condition     = length(aws_cloudfront_distribution.this.ordered_cache_behavior) == 0
    error_message = "A behaviour without an origin cannot be made."
  }

  # Without a domain it has cloudfronts own name.
  assert {
    condition     = output.descriptor.site_url == "https://d1.cloudfront.net" && length(aws_cloudfront_distribution.this.aliases) == 0
    error_message = "An environment can be made before its DNS is."
  }
  assert {
    condition = alltrue([
      length(aws_wafv2_web_acl.this) == 0, output.web_acl_arn == null, length(aws_s3_bucket.replica) == 0,
      length(aws_acm_certificate.this) == 0, length(aws_route53_record.ipv4) == 0,
      aws_cloudfront_distribution.this.default_cache_behavior[0].target_origin_id == "bucket",
      length(aws_cloudfront_distribution.this.origin_group) == 0,
    ])
    error_message = "What was not asked for is not there, and not paid for."
  }
}

run "what_is_wrong_is_refused" {
  command = plan

  variables {
    environment = "prod"
    account     = "12345678901a"
    domain = {
      name    = "https://staging.example.com"
      aliases = ["www.example.com/x"]
      zone_id = "example.com"
    }
    api = {
      domain       = "https://api.example.com"
      path         = "live/"
      header_name  = "X-Origin-Secret"
      header_value = "not-a-secret"
    }
    replica_region = "eu-central-1"
    log_days       = 4000
  }

  expect_failures = [var.environment, var.account, var.domain, var.api, var.replica_region, var.log_days]
}
