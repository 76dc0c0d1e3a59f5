# The functions: one package, three ways in. publish.py brings new code; Terraform says all the rest.

locals {
  name = "zichkoding-${var.environment}"

  # Chalice's own file says how much memory and time there is and what the stage is called; here it is only read.
  chalice = jsondecode(file("${path.module}/../../../api/.chalice/config.json"))
  stage   = local.chalice.stages[var.environment]

  functions = {
    app = {
      handler = "app.app"
      about   = "Answers requests."
      timeout = local.chalice.lambda_timeout
      url     = var.database.url
    }
    work = {
      handler = "app.work"
      about   = "Drains the queue, delivers, and looks after the rest, each minute."
      timeout = local.chalice.lambda_functions.work.lambda_timeout
      url     = var.database.url
    }
    migrate = {
      handler = "migrate.work"
      about   = "Brings the schema to what the code needs, before that code gets a request."
      timeout = 900
      url     = var.database.owner_url
    }
    rotate = {
      handler = "rotate.work"
      about   = "Replaces the secret that tokens are signed with."
      timeout = 30
      url     = null
    }
  }
  # What requests and the schedule reach, always by the alias. Migrating is called by a deploy, by version.
  aliased = ["app", "work"]
  # Who speaks to the database is in its network; the rest needs no network of ours.
  connected = { for name, function in local.functions : name => function if function.url != null }

  everywhere = merge(
    { DATABASE_AUTH = "iam" },
    var.network.is_dual_stack ? { AWS_USE_DUALSTACK_ENDPOINT = "true" } : {},
  )
  serving = merge(
    {
      SITE_URL   = var.site_url
      QUEUE_URL  = aws_sqs_queue.messages.url
      MAIL_FROM  = var.mail.from
      OWNER_MAIL = var.mail.owner_address
      METRICS    = local.name
      # Its name alone: the function asks for the text when it begins, and neither state nor console shows it.
      SECRETS = aws_secretsmanager_secret.this.arn
    },
    var.tell_by_topic ? { SNS_TOPIC = aws_sns_topic.messages[0].arn } : {},
  )
  # The names of secrets again: how a new server gets its roles, and what the proxy signs in with.
  migrating = merge(
    { ADMINISTRATOR_SECRET = var.database.master_secret_arn },
    var.database.proxy_secret_arn == null ? {} : { PROXY_SECRET = var.database.proxy_secret_arn },
  )
  variables = {
    app = merge(
      local.everywhere, local.serving, { DATABASE_URL = local.functions.app.url },
      var.cache == null ? {} : { REDIS_URL = var.cache.url },
    )
    work = merge(
      local.everywhere, local.serving, { DATABASE_URL = local.functions.work.url },
      var.logs == null ? {} : { LOGS_URL = "s3://${var.logs.bucket}/${var.logs.prefix}" },
    )
    migrate = merge(local.everywhere, local.migrating, { DATABASE_URL = local.functions.migrate.url })
    rotate  = {}
  }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${local.name}-${each.key}"
  retention_in_days = var.log_days
}

resource "aws_lambda_function" "this" {
  for_each = local.functions

  function_name = "${local.name}-${each.key}"
  description   = each.value.about
  role          = aws_iam_role.function[each.key].arn
  handler       = each.value.handler
  runtime       = "python3.13"
  architectures = [local.chalice.lambda_architecture]
  memory_size   = local.chalice.lambda_memory_size
  timeout       = each.value.timeout
  filename      = var.package
  # A changed setting makes a version too, which a deploy then shifts to as it does to new code.
  publish                        = true
  reserved_concurrent_executions = var.concurrency == null ? -1 : var.concurrency[each.key]

  dynamic "vpc_config" {
    for_each = contains(keys(local.connected), each.key) ? [var.network] : []

    content {
      subnet_ids                  = vpc_config.value.subnet_ids
      security_group_ids          = [vpc_config.value.security_group_id]
      ipv6_allowed_for_dual_stack = vpc_config.value.is_dual_stack
    }
  }

  environment {
    variables = local.variables[each.key]
  }

  tracing_config {
    mode = try(local.stage.xray, false) ? "Active" : "PassThrough"
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  lifecycle {
    # The code, and what it says of itself, are publish.py's: a plan must never take a deploy back.
    ignore_changes = [
      filename, s3_bucket, s3_key, s3_object_version, source_code_hash,
      environment[0].variables["RELEASE"], environment[0].variables["COMMIT"],
    ]

    precondition {
      condition     = fileexists(var.package)
      error_message = "There is no package at ${var.package}: run `make package` first."
    }
  }

  # The role must be able to do all of it before the function is made: Lambda tries the network at once.
  depends_on = [aws_iam_role_policy.function]
}

resource "aws_lambda_alias" "live" {
  for_each = toset(local.aliased)

  name             = "live"
  description      = "What gets requests; a deploy moves it, by and by."
  function_name    = aws_lambda_function.this[each.key].function_name
  function_version = aws_lambda_function.this[each.key].version

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

resource "aws_cloudwatch_event_rule" "work" {
  name                = "${local.name}-work"
  description         = "The worker's turn, each minute."
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "work" {
  rule = aws_cloudwatch_event_rule.work.name
  arn  = aws_lambda_alias.live["work"].arn
}

resource "aws_lambda_permission" "schedule" {
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this["work"].function_name
  qualifier     = aws_lambda_alias.live["work"].name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.work.arn
}

# The next turn comes in a minute: one that failed is not tried again, nor kept while another one runs.
resource "aws_lambda_function_event_invoke_config" "work" {
  function_name                = aws_lambda_function.this["work"].function_name
  qualifier                    = aws_lambda_alias.live["work"].name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}
