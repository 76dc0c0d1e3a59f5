# One PostgreSQL, nobody's but the functions': no public address, TLS only, and nobody signs in with a password but
# AWS's own rotation and the first set-up.

locals {
  name        = "zichkoding-${var.environment}"
  database    = "zichkoding"
  port        = 5432
  roles       = { administrator = "zichkoding_admin", owner = "zichkoding_owner", user = "zichkoding_api" }
  is_instance = var.kind == "instance"
  is_aurora   = var.kind == "aurora"
  version     = coalesce(var.engine_version, local.is_instance ? "17" : "16.8")
  major       = split(".", local.version)[0]
  # What both kinds have in common is asked of here.
  identifier  = local.is_instance ? aws_db_instance.this[0].identifier : aws_rds_cluster.this[0].cluster_identifier
  resource_id = local.is_instance ? aws_db_instance.this[0].resource_id : aws_rds_cluster.this[0].cluster_resource_id
  arn         = local.is_instance ? aws_db_instance.this[0].arn : aws_rds_cluster.this[0].arn
  address     = local.is_instance ? aws_db_instance.this[0].address : aws_rds_cluster.this[0].endpoint
  secret_arn  = local.is_instance ? aws_db_instance.this[0].master_user_secret[0].secret_arn : aws_rds_cluster.this[0].master_user_secret[0].secret_arn

  parameters = {
    # Whoever does not speak TLS is not heard.
    "rds.force_ssl" = "1"
    # A statement that runs for minutes is a fault, and holds its locks. The API ends its own after three seconds.
    "statement_timeout"                   = "300000"
    "idle_in_transaction_session_timeout" = "60000"
    "lock_timeout"                        = "30000"
    # A function that sleeps keeps its connection; the server ends it, so that Aurora can sleep too and none pile up.
    "idle_session_timeout" = local.is_aurora ? "60000" : "900000"
    # What is slow, waits or changes the schema is told, and who comes and goes.
    "log_min_duration_statement" = "500"
    "log_lock_waits"             = "1"
    "log_connections"            = "1"
    "log_disconnections"         = "1"
    "log_statement"              = "ddl"
    # Never what people wrote: neither the values of a statement nor those in an error's details.
    "log_parameter_max_length"          = "0"
    "log_parameter_max_length_on_error" = "0"
    "log_error_verbosity"               = "terse"
  }
}

resource "aws_db_subnet_group" "this" {
  name        = local.name
  description = "The subnets of the data, which have no way out."
  subnet_ids  = var.subnet_ids

  tags = { Name = local.name }
}

# Made here and not by RDS, so that what is logged is forgotten again.
resource "aws_cloudwatch_log_group" "this" {
  name              = local.is_instance ? "/aws/rds/instance/${local.name}/postgresql" : "/aws/rds/cluster/${local.name}/postgresql"
  retention_in_days = var.log_days
}

resource "aws_iam_role" "monitoring" {
  count = var.monitoring_seconds > 0 ? 1 : 0

  name        = "${local.name}-database-monitoring"
  description = "Measures the machine below the database."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Monitoring"
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

# AWS's own policy: it writes the one log group RDSOSMetrics.
resource "aws_iam_role_policy_attachment" "monitoring" {
  count = var.monitoring_seconds > 0 ? 1 : 0

  role       = aws_iam_role.monitoring[0].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

# The administrator's password is RDS's: it makes it, keeps it in Secrets Manager and replaces it each week.
resource "aws_secretsmanager_secret_rotation" "administrator" {
  secret_id          = local.secret_arn
  rotate_immediately = false

  rotation_rules {
    automatically_after_days = 7
  }
}
