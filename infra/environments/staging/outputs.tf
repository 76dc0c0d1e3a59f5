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
  description = "For `aws deploy create-deployment --cli-input-json`: shifts the API to its changed settings, see docs/runbooks/deploy.md."
  value       = module.environment.api_shift
}
