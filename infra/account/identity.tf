# GitHub may vouch for a run of its workflows, so no key is kept anywhere; and what no role made for it may ever do.

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

# The most that a role of an environment may do, whatever its own policies come to say. It can make no role, no policy and
# no key, change no bucket's rules, and read no other project's objects. It grants nothing by itself.
resource "aws_iam_policy" "boundary" {
  name        = "zichkoding-boundary"
  description = "The most that any role of an environment may do."
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Objects, and copies of them to a second region. Not the deletion of versions: what was deleted can be had back.
        Sid    = "Objects"
        Effect = "Allow"
        Action = [
          "s3:AbortMultipartUpload",
          "s3:DeleteObject",
          "s3:GetObject",
          "s3:GetObjectVersionAcl",
          "s3:GetObjectVersionForReplication",
          "s3:GetObjectVersionTagging",
          "s3:GetReplicationConfiguration",
          "s3:ListBucket",
          "s3:PutObject",
          "s3:ReplicateDelete",
          "s3:ReplicateObject",
          "s3:ReplicateTags",
        ]
        Resource = "arn:aws:s3:::zichkoding-*"
      },
      {
        # What Terraform knows is for whoever runs Terraform, and who did what is for whoever asks that.
        Sid      = "NotTerraformsStateNorTheTrail"
        Effect   = "Deny"
        Action   = "s3:*"
        Resource = flatten([for name in ["state", "trail"] : ["arn:aws:s3:::${local.buckets[name]}", "arn:aws:s3:::${local.buckets[name]}/*"]])
      },
      {
        Sid    = "Pointers"
        Effect = "Allow"
        Action = [
          "cloudfront-keyvaluestore:DescribeKeyValueStore",
          "cloudfront-keyvaluestore:GetKey",
          "cloudfront-keyvaluestore:ListKeys",
          "cloudfront-keyvaluestore:UpdateKeys",
        ]
        Resource = "arn:aws:cloudfront::${var.account}:key-value-store/*"
      },
      {
        Sid    = "Functions"
        Effect = "Allow"
        Action = [
          "lambda:DeleteFunction",
          "lambda:GetAlias",
          "lambda:GetFunctionConfiguration",
          "lambda:InvokeFunction",
          "lambda:ListVersionsByFunction",
          "lambda:PublishVersion",
          "lambda:UpdateAlias",
          "lambda:UpdateFunctionCode",
        ]
        Resource = "arn:aws:lambda:*:${var.account}:function:zichkoding-*"
      },
      {
        Sid      = "Backups"
        Effect   = "Allow"
        Action   = "backup:ListRecoveryPointsByBackupVault"
        Resource = "arn:aws:backup:*:${var.account}:backup-vault:zichkoding-*"
      },
      {
        Sid      = "Alarms"
        Effect   = "Allow"
        Action   = "cloudwatch:DescribeAlarms"
        Resource = "*"
      },
    ]
  })
}
