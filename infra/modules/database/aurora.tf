# Sleeps while nobody asks, and costs then what its storage costs. Waking takes about a quarter of a minute: longer than
# the API waits, which then keeps a message in its queue. It stays awake while anything asks each minute.

resource "aws_rds_cluster_parameter_group" "this" {
  count = local.is_aurora ? 1 : 0

  name_prefix = "${local.name}-"
  description = "TLS only, patience with an end, and a log without what people wrote."
  family      = "aurora-postgresql${local.major}"

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

resource "aws_rds_cluster" "this" {
  count = local.is_aurora ? 1 : 0

  cluster_identifier = local.name
  engine             = "aurora-postgresql"
  engine_version     = local.version
  engine_mode        = "provisioned"

  database_name                       = local.database
  port                                = local.port
  master_username                     = local.roles.administrator
  manage_master_user_password         = true
  iam_database_authentication_enabled = true

  storage_encrypted               = true
  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [var.security_group_ids.database]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this[0].name

  serverlessv2_scaling_configuration {
    min_capacity             = var.capacity.least
    max_capacity             = var.capacity.most
    seconds_until_auto_pause = var.capacity.least == 0 ? var.capacity.quiet_seconds : null
  }

  backup_retention_period      = var.backup.days
  preferred_backup_window      = "02:00-02:30"
  preferred_maintenance_window = "sun:03:00-sun:03:30"
  copy_tags_to_snapshot        = true
  delete_automated_backups     = false
  deletion_protection          = var.deletion_protection
  skip_final_snapshot          = false
  final_snapshot_identifier    = "${local.name}-final"

  enabled_cloudwatch_logs_exports = ["postgresql"]

  tags = { Name = local.name, Backup = local.name }

  lifecycle {
    ignore_changes = [engine_version]

    precondition {
      condition     = var.environment != "production" || (var.capacity.least > 0 && var.multi_az && var.deletion_protection && var.backup.days >= 7)
      error_message = "Production's database does not sleep, is in two zones, refuses to be deleted, and can be had back as of any moment of a week."
    }
    precondition {
      condition     = !(var.proxy && var.capacity.least == 0)
      error_message = "A proxy keeps connections, so a database behind it never sleeps: take proxy = false, or a capacity of at least 0.5."
    }
  }

  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_rds_cluster_instance" "this" {
  count = local.is_aurora ? (var.multi_az ? 2 : 1) : 0

  identifier                   = "${local.name}-${count.index}"
  cluster_identifier           = aws_rds_cluster.this[0].id
  engine                       = aws_rds_cluster.this[0].engine
  engine_version               = aws_rds_cluster.this[0].engine_version
  instance_class               = "db.serverless"
  publicly_accessible          = false
  auto_minor_version_upgrade   = true
  ca_cert_identifier           = "rds-ca-rsa2048-g1"
  copy_tags_to_snapshot        = true
  performance_insights_enabled = true
  monitoring_interval          = var.monitoring_seconds
  monitoring_role_arn          = var.monitoring_seconds > 0 ? aws_iam_role.monitoring[0].arn : null

  tags = { Name = local.name }
}
