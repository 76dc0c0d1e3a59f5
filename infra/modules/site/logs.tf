# What was asked for: CloudFront's access logs and the bucket's own, in a bucket that only those two write to.
#
# Nothing that leads to a person is kept: no address, no cookie, no query string (some hold a token of a mail).

locals {
  delivery = "zichkoding-${var.environment}-access"
  logged = [
    "date", "time", "x-edge-location", "sc-bytes", "cs-method", "x-host-header", "cs-uri-stem", "sc-status",
    "cs(Referer)", "cs(User-Agent)", "x-edge-result-type", "x-edge-request-id", "cs-protocol", "cs-bytes", "time-taken",
    "ssl-protocol", "cs-protocol-version", "time-to-first-byte", "x-edge-detailed-result-type", "sc-content-type",
    "c-country",
  ]
}

resource "aws_s3_bucket" "logs" {
  bucket = "zichkoding-${var.environment}-logs-${var.account}"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    bucket_key_enabled = true

    # The bucket's own logs can be delivered to no other kind.
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket = aws_s3_bucket.logs.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "forgotten"
    status = "Enabled"

    filter {}

    expiration {
      days = var.log_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "CloudFrontsLogs"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.logs.arn}/AWSLogs/${var.account}/*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account, "s3:x-amz-acl" = "bucket-owner-full-control" }
          ArnEquals    = { "aws:SourceArn" = "arn:aws:logs:us-east-1:${var.account}:delivery-source:${local.delivery}" }
        }
      },
      {
        Sid       = "TheBucketsLogs"
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.logs.arn}/bucket/*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account }
          ArnEquals    = { "aws:SourceArn" = aws_s3_bucket.this.arn }
        }
      },
      {
        Sid       = "NothingUnencrypted"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.logs]
}

resource "aws_cloudwatch_log_delivery_source" "this" {
  provider = aws.global

  name         = local.delivery
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.this.arn
}

resource "aws_cloudwatch_log_delivery_destination" "this" {
  provider = aws.global

  name = local.delivery
  # Lines in gzip, which the worker counts pages from (api/chalicelib/figures/cdn.py).
  output_format = "w3c"

  delivery_destination_configuration {
    destination_resource_arn = aws_s3_bucket.logs.arn
  }
}

resource "aws_cloudwatch_log_delivery" "this" {
  provider = aws.global

  delivery_source_name     = aws_cloudwatch_log_delivery_source.this.name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.this.arn
  record_fields            = local.logged
  field_delimiter          = "\t"

  s3_delivery_configuration = [{
    suffix_path                 = "{DistributionId}/{yyyy}/{MM}/{dd}"
    enable_hive_compatible_path = false
  }]

  depends_on = [aws_s3_bucket_policy.logs]
}
