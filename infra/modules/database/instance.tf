resource "aws_db_parameter_group" "this" {
  count = local.is_instance ? 1 : 0

  name_prefix = "${local.name}-"
  description = "TLS only, patience with an end, and a log without what people wrote."
  family      = "postgres${local.major}"

  dynamic "parameter" {
    for_each = local.parameters
    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  count = local.is_instance ? 1 : 0

  identifier     = local.name
  engine         = "postgres"
  engine_version = local.version
  instance_class = var.instance_class
  multi_az       = var.multi_az

  db_name                     = local.database
  port                        = local.port
  username                    = local.roles.administrator
  manage_master_user_password = true
  # Whom AWS knows signs in by a token of a quarter of an hour.
  iam_database_authentication_enabled = true

  allocated_storage     = var.storage_gigabytes.first
  max_allocated_storage = var.storage_gigabytes.most
  storage_type          = "gp3"
  storage_encrypted     = true

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_ids.database]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this[0].name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  # Any moment of these days can be had back, up to about five minutes ago.
  backup_retention_period   = var.backup.days
  backup_window             = "02:00-02:30"
  maintenance_window        = "sun:03:00-sun:03:30"
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = false
  final_snapshot_identifier = "${local.name}-final"

  auto_minor_version_upgrade            = true
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  performance_insights_enabled          = true
  performance_insights_retention_period = 7
  monitoring_interval                   = var.monitoring_seconds
  monitoring_role_arn                   = var.monitoring_seconds > 0 ? aws_iam_role.monitoring[0].arn : null

  tags = { Name = local.name, Backup = local.name }

  lifecycle {
    # RDS brings minor versions by itself.
    ignore_changes = [engine_version]

    precondition {
      condition     = var.environment != "production" || (var.multi_az && var.deletion_protection && var.backup.days >= 7)
      error_message = "Production's database is in two zones, refuses to be deleted, and can be had back as of any moment of a week."
    }
  }

  depends_on = [aws_cloudwatch_log_group.this]
}
