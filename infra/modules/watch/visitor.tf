# Somebody who looks, every five minutes, from outside our network and by the way that visitors take.
#
# A function of ours, because it costs nothing: CloudWatch Synthetics would cost some ten dollars a month for the same, and
# a health check of Route 53 nearly five. What a browser does is tried by the smoke tests after each deploy.

locals {
  visitors = var.package == null ? [] : ["visitor"]
}

resource "aws_cloudwatch_log_group" "visitor" {
  for_each = toset(local.visitors)

  name              = "/aws/lambda/${local.name}-visitor"
  retention_in_days = var.log_days
}

resource "aws_iam_role" "visitor" {
  for_each = toset(local.visitors)

  name        = "${local.name}-visitor"
  description = "Looks at the site, and may nothing but write down what it saw."
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

resource "aws_iam_role_policy" "visitor" {
  for_each = toset(local.visitors)

  name = "least"
  role = aws_iam_role.visitor[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "Log"
      Effect = "Allow"
      # A stream for each process, and its lines; the figures are in them.
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.visitor[each.key].arn}:*"
    }]
  })
}

resource "aws_lambda_function" "visitor" {
  for_each = toset(local.visitors)

  function_name = "${local.name}-visitor"
  description   = "Looks at the site as a visitor does."
  role          = aws_iam_role.visitor[each.key].arn
  handler       = "visitor.work"
  runtime       = "python3.13"
  architectures = ["arm64"]
  memory_size   = 256
  timeout       = 60
  filename      = var.package

  environment {
    variables = {
      SITE_URL = var.site_url
      METRICS  = local.own
      PATHS    = join(" ", concat(["/"], var.api == null ? [] : ["/api/health", "/api/ready"]))
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.visitor[each.key].name
  }

  lifecycle {
    # The code is publish.py's: it brings what is live.
    ignore_changes = [filename, source_code_hash]

    precondition {
      condition     = fileexists(var.package)
      error_message = "There is no package at ${var.package}: run `make package` first."
    }
  }

  depends_on = [aws_iam_role_policy.visitor]
}

resource "aws_cloudwatch_event_rule" "visitor" {
  for_each = toset(local.visitors)

  name                = "${local.name}-visitor"
  description         = "Every five minutes somebody looks."
  schedule_expression = "rate(5 minutes)"
}

resource "aws_cloudwatch_event_target" "visitor" {
  for_each = toset(local.visitors)

  rule = aws_cloudwatch_event_rule.visitor[each.key].name
  arn  = aws_lambda_function.visitor[each.key].arn
}

resource "aws_lambda_permission" "visitor" {
  for_each = toset(local.visitors)

  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.visitor[each.key].function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.visitor[each.key].arn
}
