# Where messages wait while the database is away, and where those end that nobody can keep.

resource "aws_sqs_queue" "messages" {
  name = "${local.name}-messages"
  # The longest that there is: what was acknowledged must outlast any outage.
  message_retention_seconds = 1209600
  # The worker asks for its own lease with each call; this is the same.
  visibility_timeout_seconds = 60
  sqs_managed_sse_enabled    = true

  # The worker takes nothing while the database is away, so a text is received this often only if it cannot be kept as
  # it is: four hours of turns. It waits then where somebody is told of it.
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 240
  })
}

resource "aws_sqs_queue" "dead" {
  name                      = "${local.name}-messages-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.messages.arn]
  })
}

resource "aws_sqs_queue_policy" "this" {
  for_each = { messages = aws_sqs_queue.messages, dead = aws_sqs_queue.dead }

  queue_url = each.value.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "NothingUnencrypted"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = each.value.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_sns_topic" "messages" {
  count = var.tell_by_topic ? 1 : 0

  name = "${local.name}-messages"
  # AWS's own key will do: who publishes is a role of this account.
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_sns_topic_policy" "messages" {
  count = var.tell_by_topic ? 1 : 0

  arn = aws_sns_topic.messages[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "WorkerTells"
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.function["work"].arn }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.messages[0].arn
      }, {
      Sid       = "NothingUnencrypted"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.messages[0].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
