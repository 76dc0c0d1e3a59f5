# Who did what in the account, and from where: every call that changes something, in all regions. The first such trail of
# an account is free; what it writes costs cents.

locals {
  trail = "zichkoding"
  # By name, so that the bucket does not wait for the trail, which asks for the bucket first.
  trail_arn = "arn:aws:cloudtrail:${var.region}:${var.account}:trail/${local.trail}"

  # CloudTrail looks whose the bucket is, and writes; for this trail of this account alone.
  trail_writes = [
    {
      Sid       = "TrailLooks"
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "s3:GetBucketAcl"
      Resource  = "arn:aws:s3:::${local.buckets.trail}"
      Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
    },
    {
      Sid       = "TrailWrites"
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "arn:aws:s3:::${local.buckets.trail}/AWSLogs/${var.account}/*"
      Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn, "s3:x-amz-acl" = "bucket-owner-full-control" } }
    },
  ]
}

resource "aws_cloudtrail" "this" {
  count = var.trail ? 1 : 0

  name                          = local.trail
  s3_bucket_name                = aws_s3_bucket.this["trail"].id
  is_multi_region_trail         = true
  include_global_service_events = true
  # Each hour a signed list of what was written: what somebody changed or took away is seen.
  enable_log_file_validation = true

  depends_on = [aws_s3_bucket_policy.this]
}
