output "role_arn" {
  description = "What the workflow signs in as: DEPLOY_ROLE of the GitHub environment."
  value       = aws_iam_role.deploy.arn
}

output "role_name" {
  description = "The role's name, for alarms and audits."
  value       = aws_iam_role.deploy.name
}
