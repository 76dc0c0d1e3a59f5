output "descriptor" {
  description = "What publish.py needs to know of this environment, as the JSON it reads."
  value = {
    name            = var.environment
    account         = var.account
    bucket          = aws_s3_bucket.this.id
    region          = var.region
    distribution_id = aws_cloudfront_distribution.this.id
    kvs_arn         = aws_cloudfront_key_value_store.this.arn
    hosts           = var.domain == null ? [] : sort(tolist(var.domain.aliases))
    site_url        = "https://${var.domain == null ? aws_cloudfront_distribution.this.domain_name : var.domain.name}"
  }
}

output "cloudfront_distribution_domain_name" {
  description = "CloudFront's own name for the distribution: where the domain's DNS record points to."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "cloudfront_distribution_hosted_zone_id" {
  description = "The zone of that name, which a Route 53 alias asks for."
  value       = aws_cloudfront_distribution.this.hosted_zone_id
}

output "cloudfront_distribution_arn" {
  description = "The distribution, for policies and alarms."
  value       = aws_cloudfront_distribution.this.arn
}

output "s3_bucket_arn" {
  description = "The bucket, for the policy of the role that deploys."
  value       = aws_s3_bucket.this.arn
}

output "cloudfront_key_value_store_arn" {
  description = "The store of the pointer, for the policy of the role that deploys."
  value       = aws_cloudfront_key_value_store.this.arn
}

output "cloudfront_distribution_id" {
  description = "The distribution, as metrics name it."
  value       = aws_cloudfront_distribution.this.id
}

output "web_acl_arn" {
  description = "The firewall before the distribution, or null where there is none."
  value       = one(aws_wafv2_web_acl.this[*].arn)
}

output "log_bucket" {
  description = "Where access logs lie."
  value       = aws_s3_bucket.logs.id
}

output "log_prefix" {
  description = "What the names of CloudFront's log files begin with; log delivery chooses that."
  value       = "AWSLogs/${var.account}/CloudFront/"
}
