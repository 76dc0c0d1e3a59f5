output "descriptor" {
  description = "What publish.py needs to know: it finds it by itself, or takes it from ZICHKODING_DESCRIPTOR."
  value       = module.environment.descriptor
}

output "deploy_role" {
  description = "What the workflow signs in as: DEPLOY_ROLE of the GitHub environment."
  value       = module.environment.deploy_role
}

output "site_url" {
  description = "Where visitors find it."
  value       = module.environment.site_url
}

output "api_shift" {
  description = "For `aws deploy create-deployment --cli-input-json`: brings a changed setting of the API to its visitors, by and by; null while there is no API."
  value       = module.environment.api_shift
}

output "dashboard" {
  description = "The page in CloudWatch that has everything on it."
  value       = module.environment.dashboard
}
