# What publishes when its moment has come: a function that wakes each minute, looks at the live site's schedule, and asks
# GitHub for a run when a moment is near. GitHub's own cron would end after 60 days without a commit, and is often late.

locals {
  name = "zichkoding-${var.environment}-publisher"
}

resource "aws_secretsmanager_secret" "token" {
  name                    = local.name
  description             = "A fine-grained token of GitHub: this repository alone, Contents read and write, nothing else. Its value is put in by hand."
  recovery_window_in_days = 7
}

resource "aws_cloudwatch_log_group" "publisher" {
  name              = "/aws/lambda/${local.name}"
  retention_in_days = var.log_days
}

resource "aws_iam_role" "function" {
  name        = local.name
  description = "Reads one token and writes its log."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Lambda"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  name = "least"
  role = aws_iam_role.function.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.publisher.arn}:*"
      },
      {
        Sid      = "Token"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.token.arn
      },
    ]
  })
}

resource "aws_lambda_function" "publisher" {
  function_name    = local.name
  description      = "Asks GitHub to publish what is due."
  role             = aws_iam_role.function.arn
  handler          = "publisher.wake"
  runtime          = "python3.13"
  architectures    = ["arm64"]
  memory_size      = 128
  timeout          = 45
  filename         = var.package
  source_code_hash = fileexists(var.package) ? filebase64sha256(var.package) : null

  # Two at once would ask twice.
  reserved_concurrent_executions = 1

  environment {
    variables = {
      SITE_URL     = var.site_url
      REPOSITORY   = var.repository
      TOKEN_SECRET = aws_secretsmanager_secret.token.arn
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.publisher.name
  }

  lifecycle {
    precondition {
      condition     = fileexists(var.package)
      error_message = "There is no package at ${var.package}: run `make package-publisher` first."
    }
  }

  depends_on = [aws_iam_role_policy.function]
}

resource "aws_iam_role" "schedule" {
  name        = "${local.name}-schedule"
  description = "Wakes the function, and may nothing else."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Scheduler"
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  name = "least"
  role = aws_iam_role.schedule.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Wake"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = aws_lambda_function.publisher.arn
    }]
  })
}

resource "aws_scheduler_schedule" "publisher" {
  name                         = local.name
  description                  = "Each minute."
  schedule_expression          = "rate(1 minute)"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.publisher.arn
    role_arn = aws_iam_role.schedule.arn
    # The minute that is meant, which a function that starts late would not know.
    input = "{\"time\":\"<aws.scheduler.scheduled-time>\"}"

    retry_policy {
      # A minute that was missed is made good by a later one; an old one that comes late would only confuse.
      maximum_event_age_in_seconds = 60
      maximum_retry_attempts       = 2
    }
  }
}
