output "descriptor" {
  description = "What publish.py needs to know: hand it over in ZICHKODING_DESCRIPTOR."
  value       = module.site.descriptor
}

output "cloudfront_distribution_domain_name" {
  description = "Where the domain's DNS record points to."
  value       = module.site.cloudfront_distribution_domain_name
}

output "cloudfront_distribution_hosted_zone_id" {
  description = "The zone of that name, which a Route 53 alias asks for."
  value       = module.site.cloudfront_distribution_hosted_zone_id
}
