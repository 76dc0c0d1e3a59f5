# Somewhere to speak to, encrypted, and who hears of it.

# A key of our own: CloudWatch and SES may not use the one that AWS keeps for topics.
resource "aws_kms_key" "this" {
  description             = "Encrypts what is said to ${var.name}."
  enable_key_rotation     = true
  deletion_window_in_days = 7
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheAccountsRolesDecide"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account}:root" }
        # In a key's own policy everything is this key.
        Action   = "kms:*"
        Resource = "*"
      },
      {
        Sid       = "WhoPublishes"
        Effect    = "Allow"
        Principal = { Service = var.speakers }
        Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
        Resource  = "*"
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_sns_topic" "this" {
  name              = var.name
  kms_master_key_id = aws_kms_key.this.arn
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "WhoPublishes"
        Effect    = "Allow"
        Principal = { Service = var.speakers }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
        # Ours alone.
        Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
      },
      {
        Sid       = "NothingUnencrypted"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "this" {
  for_each = var.addresses

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = each.key
}
