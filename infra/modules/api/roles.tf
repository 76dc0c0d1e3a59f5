# What each function may do, action by action, each with its reason. Nothing here is a managed policy of AWS's.

locals {
  # By name, so that who may does not wait for what is.
  ses_arn       = "arn:aws:ses:${var.region}:${var.account}"
  functions_arn = "arn:aws:lambda:${var.region}:${var.account}:function:${local.name}"

  network_actions = [
    "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
  ]

  common = {
    for name in keys(local.functions) : name => [
      {
        Sid    = "Log"
        Effect = "Allow"
        # A stream for each process, and its lines; the group is made by Terraform, with its retention.
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.function[name].arn}:*"
      },
      {
        Sid    = "Trace"
        Effect = "Allow"
        # Lambda itself writes its part of a trace with the function's role. X-Ray has no resources to name.
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
    ]
  }

  network = {
    Sid    = "Network"
    Effect = "Allow"
    # Lambda makes, finds and removes the function's interfaces with this role. Most of these take no resource.
    Action   = local.network_actions
    Resource = "*"
  }

  # The service needs that; the code that runs must not have it, whatever somebody makes it do.
  denied = {
    for name in keys(local.connected) : name => {
      Sid       = "NotByTheCodeItself"
      Effect    = "Deny"
      Action    = local.network_actions
      Resource  = "*"
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = "${local.functions_arn}-${name}" } }
    }
  }

  connect = {
    for name, arn in { app = var.database.user_connect_arn, work = var.database.user_connect_arn, migrate = var.database.owner_connect_arn } : name => {
      Sid                  = "Connect"
      Effect               = "Allow"
      # As one role of the database: a token in place of a password.
      Action   = "rds-db:connect"
      Resource = arn
    }
  }

  secret = {
    Sid    = "ReadSecret"
    Effect = "Allow"
    # When a process begins.
    Action   = "secretsmanager:GetSecretValue"
    Resource = aws_secretsmanager_secret.this.arn
  }

  administer = {
    Sid    = "MakeRoles"
    Effect = "Allow"
    # A new server knows its administrator only; with the proxy, migrating also gives the API's role its password.
    Action   = "secretsmanager:GetSecretValue"
    Resource = compact([var.database.master_secret_arn, var.database.proxy_secret_arn])
  }

  limit = var.cache == null ? [] : [{
    Sid    = "Limit"
    Effect = "Allow"
    # The cache keeps who asked how often.
    Action   = "elasticache:Connect"
    Resource = var.cache.connect_arns
  }]

  replace_secret = {
    Sid    = "ReplaceSecret"
    Effect = "Allow"
    # Look which versions there are, read the one in use, write the next beside it, and make that the one in use.
    Action = [
      "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
    ]
    Resource = aws_secretsmanager_secret.this.arn
  }

  count_pages = flatten([for logs in var.logs[*] : [
    {
      Sid    = "FindLogs"
      Effect = "Allow"
      # Which of the CDN's log files are there to be counted.
      Action    = "s3:ListBucket"
      Resource  = "arn:aws:s3:::${logs.bucket}"
      Condition = { StringLike = { "s3:prefix" = "${logs.prefix}*" } }
    },
    {
      Sid    = "ReadLogs"
      Effect = "Allow"
      # Each once.
      Action   = "s3:GetObject"
      Resource = "arn:aws:s3:::${logs.bucket}/${logs.prefix}*"
    },
  ]])

  queue = {
    Sid    = "Queue"
    Effect = "Allow"
    # Send: while the database is away. Receive and delete: the worker drains, and so does erasing a person, first.
    # Attributes: /api/ready asks whether the queue is there.
    Action   = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    Resource = aws_sqs_queue.messages.arn
  }

  send_mail = {
    Sid    = "SendMail"
    Effect = "Allow"
    # Mail is sent whole, as bytes: SES asks for both, for the domain and for the set of rules that it brings along.
    Action    = ["ses:SendEmail", "ses:SendRawEmail"]
    Resource  = ["${local.ses_arn}:identity/${var.mail.domain}", "${local.ses_arn}:configuration-set/${local.name}"]
    Condition = { StringEquals = { "ses:FromAddress" = var.mail.from } }
  }

  tell = var.tell_by_topic ? [{
    Sid    = "TellByTopic"
    Effect = "Allow"
    # One notification for each message.
    Action   = "sns:Publish"
    Resource = aws_sns_topic.messages[0].arn
  }] : []

  statements = {
    app     = concat(local.common.app, [local.network, local.denied.app, local.connect.app, local.secret, local.queue], local.limit)
    work    = concat(local.common.work, [local.network, local.denied.work, local.connect.work, local.secret, local.queue, local.send_mail], local.tell, local.count_pages)
    migrate = concat(local.common.migrate, [local.network, local.denied.migrate, local.connect.migrate, local.administer])
    rotate  = concat(local.common.rotate, [local.replace_secret])
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name        = "${local.name}-${each.key}"
  description = each.value.about
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
  for_each = local.functions

  name   = "least"
  role   = aws_iam_role.function[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements[each.key] })
}

resource "aws_iam_role" "shift" {
  name        = "${local.name}-shift"
  description = "CodeDeploy moves the alias with it, and looks at the alarms."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "CodeDeploy"
      Effect    = "Allow"
      Principal = { Service = "codedeploy.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

resource "aws_iam_role_policy" "shift" {
  name = "least"
  role = aws_iam_role.shift.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "MoveAlias"
        Effect = "Allow"
        # Which version has which share; the third is asked for before each shift, although nothing is provisioned.
        Action   = ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"]
        Resource = flatten([for name in local.aliased : ["${local.functions_arn}-${name}", "${local.functions_arn}-${name}:live"]])
      },
      {
        Sid    = "LookAtAlarms"
        Effect = "Allow"
        # Before and while it shifts; listing alarms takes no resource.
        Action   = "cloudwatch:DescribeAlarms"
        Resource = "*"
      },
    ]
  })
}
