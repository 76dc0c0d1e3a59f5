locals {
  # Where Amazon's own certificates are trusted: the proxy's are of the public kind, which Lambda's system knows; those of
  # RDS are in the bundle that `make certificates` puts into the package.
  certificates = { proxy = "/etc/pki/tls/certs/ca-bundle.crt", database = "/var/task/certificates/rds.pem" }
  user_host    = var.proxy ? aws_db_proxy.this[0].endpoint : local.address
  user_ca      = var.proxy ? local.certificates.proxy : local.certificates.database
  # A proxy is known to IAM by the last part of its ARN.
  user_resource = var.proxy ? element(split(":", aws_db_proxy.this[0].arn), 6) : local.resource_id
  user_source   = "arn:aws:rds-db:${var.region}:${var.account}:dbuser"
}

output "connection" {
  description = "Where the database is: host and port for the API (the proxy's, where there is one) and for migrations, the roles, and the addresses for DATABASE_URL; there is no password in them."
  value = {
    host       = local.user_host
    port       = local.port
    name       = local.database
    user       = local.roles.user
    owner      = local.roles.owner
    owner_host = local.address
    url        = "postgresql://${local.roles.user}@${local.user_host}:${local.port}/${local.database}?sslmode=verify-full&sslrootcert=${local.user_ca}"
    owner_url  = "postgresql://${local.roles.owner}@${local.address}:${local.port}/${local.database}?sslmode=verify-full&sslrootcert=${local.certificates.database}"
  }
}

output "connect_arns" {
  description = "What rds-db:connect has to allow: user for the API; owner for migrations, and for looking at a restored copy, whose id nobody knows before."
  value = {
    user  = "${local.user_source}:${local.user_resource}/${local.roles.user}"
    owner = "${local.user_source}:*/${local.roles.owner}"
  }
}

output "identifier" {
  description = "The database's name in RDS."
  value       = local.identifier
}

output "kind" {
  description = "Whether it is an instance or aurora."
  value       = var.kind
}

output "master_secret_arn" {
  description = "The administrator's password, which RDS itself replaces each week; only the first set-up of the roles reads it."
  value       = local.secret_arn
}

output "proxy_secret_arn" {
  description = "The password of the API's role, which only the proxy uses, or null without one."
  value       = var.proxy ? aws_secretsmanager_secret.proxy[0].arn : null
}

output "backup_vault_name" {
  description = "The vault of the daily backups."
  value       = aws_backup_vault.this.name
}

output "log_group_name" {
  description = "The server's log."
  value       = aws_cloudwatch_log_group.this.name
}
