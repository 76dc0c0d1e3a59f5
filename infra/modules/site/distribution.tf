# The distribution: pages through the edge function, /api/* to the API.

locals {
  security_headers = jsondecode(file("${path.module}/../../edge/headers.json")).security
  is_production    = var.environment == "production"

  # CloudFront has fields of its own for these; the rest are custom headers.
  own_fields = [
    "Content-Security-Policy", "Referrer-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options",
  ]
  custom_headers = merge(
    { for name, value in local.security_headers : name => value if !contains(local.own_fields, name) },
    local.is_production ? {} : { "X-Robots-Tag" = "noindex" },
  )
  hsts = local.security_headers["Strict-Transport-Security"]

  # Whether there is an API is no secret, though one of its parts is.
  apis = nonsensitive(var.api == null) ? toset([]) : toset(["api"])

  # All that CloudFront would keep, but 404, which has a page.
  kept_errors = toset([400, 403, 405, 414, 500, 501, 502, 503, 504])

  # AWS's own policies, the same in every account. The second passes on CloudFront's own headers as well, so the API
  # learns the viewer's address from CloudFront-Viewer-Address.
  caching_disabled           = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  all_viewer_but_host_header = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
}

# Origin Shield is not in every region; from the others the nearest one is asked for, as AWS recommends.
locals {
  shields = [
    "us-east-1", "us-east-2", "us-west-2", "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1",
    "ap-southeast-2", "eu-central-1", "eu-west-1", "eu-west-2", "sa-east-1",
  ]
  nearest_shield = {
    eu-north-1   = "eu-west-2"
    eu-west-3    = "eu-west-2"
    eu-south-1   = "eu-central-1"
    eu-central-2 = "eu-central-1"
    us-west-1    = "us-west-2"
    ca-central-1 = "us-east-1"
  }
  shield_region = contains(local.shields, var.region) ? var.region : lookup(local.nearest_shield, var.region, "eu-central-1")
}

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = "zichkoding-${var.environment}"
  description                       = "CloudFront signs what it asks of the bucket."
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_cache_policy" "pages" {
  name        = "zichkoding-${var.environment}-pages"
  comment     = "The address holds the release, so it alone is the key; how long is said by each object."
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

resource "aws_cloudfront_response_headers_policy" "pages" {
  name    = "zichkoding-${var.environment}-pages"
  comment = "From infra/edge/headers.json, which the preview and the tests read as well."

  security_headers_config {
    content_security_policy {
      content_security_policy = local.security_headers["Content-Security-Policy"]
      override                = true
    }
    content_type_options {
      override = true
    }
    frame_options {
      frame_option = local.security_headers["X-Frame-Options"]
      override     = true
    }
    referrer_policy {
      referrer_policy = local.security_headers["Referrer-Policy"]
      override        = true
    }
    strict_transport_security {
      access_control_max_age_sec = tonumber(regex("max-age=([0-9]+)", local.hsts)[0])
      include_subdomains         = strcontains(local.hsts, "includeSubDomains")
      preload                    = strcontains(local.hsts, "preload")
      override                   = true
    }
  }

  custom_headers_config {
    dynamic "items" {
      for_each = local.custom_headers

      content {
        header   = items.key
        value    = items.value
        override = true
      }
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  comment         = "zichkoding ${var.environment}"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  # The cheapest: North America and Europe. Visitors elsewhere are served too, from farther away.
  price_class = "PriceClass_100"
  aliases     = local.hosts
  web_acl_id  = one(aws_wafv2_web_acl.this[*].arn)

  origin {
    origin_id                = "bucket"
    domain_name              = aws_s3_bucket.this.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id

    # Every release starts cold: the edges ask one cache beside the bucket, and that one asks the bucket once.
    origin_shield {
      enabled              = true
      origin_shield_region = local.shield_region
    }
  }

  dynamic "origin" {
    for_each = aws_s3_bucket.replica

    content {
      origin_id                = "replica"
      domain_name              = origin.value.bucket_regional_domain_name
      origin_access_control_id = aws_cloudfront_origin_access_control.this.id
    }
  }

  # Where S3 of one region is not well, pages come from the other: they are the same bytes under the same keys.
  dynamic "origin_group" {
    for_each = aws_s3_bucket.replica

    content {
      origin_id = "either-bucket"

      failover_criteria {
        status_codes = [500, 502, 503, 504]
      }
      member {
        origin_id = "bucket"
      }
      member {
        origin_id = "replica"
      }
    }
  }

  dynamic "origin" {
    for_each = local.apis

    content {
      origin_id   = "api"
      domain_name = var.api.domain
      origin_path = var.api.path

      # What comes without it did not come through this distribution, and the API refuses it.
      custom_header {
        name  = var.api.header_name
        value = var.api.header_value
      }

      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = "https-only"
        origin_ssl_protocols   = ["TLSv1.2"]
        # Longer than the function may take, so that it is the function that gives up, and says so.
        origin_read_timeout = 30
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = var.replica_region == null ? "bucket" : "either-bucket"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.pages.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.pages.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.router.arn
    }

    function_association {
      event_type   = "viewer-response"
      function_arn = aws_cloudfront_function.status.arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.apis

    content {
      path_pattern             = "/api/*"
      target_origin_id         = "api"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
      cached_methods           = ["GET", "HEAD"]
      compress                 = true
      cache_policy_id          = local.caching_disabled
      origin_request_policy_id = local.all_viewer_but_host_header
    }
  }

  # The page lies outside the releases because the edge function does not run when CloudFront fetches it. An error page
  # belongs to the whole distribution, so what the API does not have is answered with it too (decision 27).
  custom_error_response {
    error_code            = 404
    response_code         = 404
    response_page_path    = "/404.html"
    error_caching_min_ttl = 0
  }

  # CloudFront keeps an error for ten seconds unless it is told not to, whatever the cache policy and the answer itself
  # say; and what the API refuses to one visitor must not be refused to the next.
  dynamic "custom_error_response" {
    for_each = local.kept_errors

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = one(aws_acm_certificate_validation.this[*].certificate_arn)
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
    ssl_support_method             = var.domain == null ? null : "sni-only"
  }
}
