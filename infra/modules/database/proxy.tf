# Keeps a few connections for many functions. Functions sign in to it by IAM, it signs in to the database with the
# password of their role. Terraform makes the secret and never its value, so that it is in no state: whoever migrates
# puts it there (docs/runbooks/rotate-secrets.md), and nobody else reads it.

resource "aws_secretsmanager_secret" "proxy" {
  count = var.proxy ? 1 : 0

  name        = "zichkoding/${var.environment}/database-proxy"
  description = "The role and password with which the proxy signs in to the database."
}

resource "aws_iam_role" "proxy" {
  count = var.proxy ? 1 : 0

  name        = "${local.name}-database-proxy"
  description = "Reads the one secret of the database's proxy."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Proxy"
      Effect    = "Allow"
      Principal = { Service = "rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

resource "aws_iam_role_policy" "proxy" {
  count = var.proxy ? 1 : 0

  name = "secret"
  role = aws_iam_role.proxy[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "ReadSecret"
      Effect = "Allow"
      # The password of the role whose connections the proxy keeps.
      Action   = "secretsmanager:GetSecretValue"
      Resource = aws_secretsmanager_secret.proxy[0].arn
    }]
  })
}

resource "aws_db_proxy" "this" {
  count = var.proxy ? 1 : 0

  name                   = local.name
  engine_family          = "POSTGRESQL"
  require_tls            = true
  role_arn               = aws_iam_role.proxy[0].arn
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = [var.security_group_ids.proxy]
  idle_client_timeout    = 600

  auth {
    auth_scheme = "SECRETS"
    iam_auth    = "REQUIRED"
    secret_arn  = aws_secretsmanager_secret.proxy[0].arn
  }

  tags = { Name = local.name }
}

resource "aws_db_proxy_default_target_group" "this" {
  count = var.proxy ? 1 : 0

  db_proxy_name = aws_db_proxy.this[0].name

  connection_pool_config {
    # Whoever cannot have a connection soon keeps the message in the queue instead of waiting.
    connection_borrow_timeout = 2
    # Migrations and whoever looks after the database come past the proxy.
    max_connections_percent = 80
  }
}

resource "aws_db_proxy_target" "this" {
  count = var.proxy ? 1 : 0

  db_proxy_name          = aws_db_proxy.this[0].name
  target_group_name      = aws_db_proxy_default_target_group.this[0].name
  db_instance_identifier = local.is_instance ? aws_db_instance.this[0].identifier : null
  db_cluster_identifier  = local.is_aurora ? aws_rds_cluster.this[0].cluster_identifier : null
}
