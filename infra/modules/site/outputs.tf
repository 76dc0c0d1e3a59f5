output "descriptor" {
  description = "What publish.py needs to know of this environment, as the JSON it reads."
  value = {
    name            = var.environment
    account         = var.account
    bucket          = aws_s3_bucket.this.id
    region          = var.region
    distribution_id = aws_cloudfront_distribution.this.id
    kvs_arn         = aws_cloudfront_key_value_store.this.arn
    site_url        = "https://${var.domain == null ? aws_cloudfront_distribution.this.domain_name : var.domain.name}"
  }
}
