output "url" {
  description = "Where the cache is, for REDIS_URL; there is no password in it, because its user signs in by IAM."
  value       = "rediss://${local.user}@${aws_elasticache_serverless_cache.this.endpoint[0].address}:${aws_elasticache_serverless_cache.this.endpoint[0].port}/0?iam=${local.name}"
}

output "connect_arns" {
  description = "What elasticache:Connect has to allow: the cache, and the API's user in it."
  value = [
    aws_elasticache_serverless_cache.this.arn,
    aws_elasticache_user.api.arn,
  ]
}
