output "descriptor" {
  description = "What publish.py needs to know of this environment; it finds the same text in the configuration bucket."
  value       = local.descriptor
}

output "deploy_role" {
  description = "What the workflow signs in as."
  value       = module.identity.role_arn
}

output "site_url" {
  description = "Where visitors find it."
  value       = module.site.descriptor.site_url
}

output "api_shift" {
  description = "For `aws deploy create-deployment --cli-input-json`: brings a changed setting of the API to its visitors, by and by; null while there is no API."
  value       = one(module.api[*].shift)
}

output "dashboard" {
  description = "The page in CloudWatch that has everything on it."
  value       = module.watch.dashboard_name
}
