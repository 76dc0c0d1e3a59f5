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

  # AWS's own policies, the same in every account.
  caching_disabled           = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  all_viewer_but_host_header = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
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
  aliases     = var.domain == null ? [] : setunion([var.domain.name], var.domain.aliases)

  origin {
    origin_id                = "bucket"
    domain_name              = aws_s3_bucket.this.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  dynamic "origin" {
    for_each = var.api_domain == null ? [] : [var.api_domain]

    content {
      origin_id   = "api"
      domain_name = origin.value

      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = "https-only"
        origin_ssl_protocols   = ["TLSv1.2"]
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = "bucket"
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
    for_each = var.api_domain == null ? [] : [var.api_domain]

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

  # S3 answers 403 for what is missing, since CloudFront may not list. The page lies outside the releases because
  # the edge function does not run when CloudFront fetches it. It is CloudFront's answer for the API's 403 and 404 as
  # well, for an error page belongs to the whole distribution.
  dynamic "custom_error_response" {
    for_each = toset([403, 404])

    content {
      error_code            = custom_error_response.value
      response_code         = 404
      response_page_path    = "/404.html"
      error_caching_min_ttl = 10
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = var.domain == null ? null : var.domain.certificate_arn
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
    ssl_support_method             = var.domain == null ? null : "sni-only"
  }
}
