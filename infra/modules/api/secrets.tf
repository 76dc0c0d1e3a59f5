# What is secret. Terraform makes the place for it and never sees the text: the function `rotate` writes it, at once and
# then each month, with the new secret in second place before it signs anything, so that every process knows it by then.

resource "aws_secretsmanager_secret" "this" {
  name                    = "${local.name}-api"
  description             = "SIGNING_SECRET, WEBHOOK_SECRET and OIDC_CLIENT_SECRET of the API, as a JSON object."
  recovery_window_in_days = 7
}

# Nothing yet: rotating begins with what there is.
resource "aws_secretsmanager_secret_version" "empty" {
  secret_id     = aws_secretsmanager_secret.this.id
  secret_string = "{}"

  lifecycle {
    ignore_changes = [secret_string, version_stages]
  }
}

resource "aws_secretsmanager_secret_rotation" "this" {
  secret_id           = aws_secretsmanager_secret.this.id
  rotation_lambda_arn = aws_lambda_function.this["rotate"].arn
  rotate_immediately  = true

  rotation_rules {
    automatically_after_days = var.rotation_days
  }

  depends_on = [aws_lambda_permission.rotate, aws_secretsmanager_secret_version.empty]
}

resource "aws_lambda_permission" "rotate" {
  statement_id   = "rotate"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this["rotate"].function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = var.account
  source_arn     = aws_secretsmanager_secret.this.arn
}
