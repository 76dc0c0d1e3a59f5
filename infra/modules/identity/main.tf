# Who may deploy: a run of this repository in the GitHub environment of this name, for as long as it lasts, without a key.

locals {
  boundary = "arn:aws:iam::${var.account}:policy/zichkoding-boundary"
  # What nobody can be asked for at night (going back, what is due, looking) runs under a name of its own, with rules of
  # its own: docs/runbooks/repository.md.
  vouched = var.environment == "production" ? ["production", "production-unattended"] : [var.environment]

  issuer    = "token.actions.githubusercontent.com"
  described = "arn:aws:s3:::zichkoding-configuration-${var.account}"
  source    = var.promotes_from == null ? null : "arn:aws:s3:::zichkoding-${var.promotes_from}-${var.account}"
}

resource "aws_iam_role" "deploy" {
  name                 = "zichkoding-${var.environment}-deploy"
  description          = "A run of ${var.repository} in its environment ${var.environment} deploys as this role."
  permissions_boundary = local.boundary
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::${var.account}:oidc-provider/${local.issuer}" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          # GitHub says the environment only of a job that its rules let in, so who may deploy is decided there: which
          # branches, and whose yes.
          "${local.issuer}:sub" = [for name in local.vouched : "repo:${var.repository}:environment:${name}"]
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "site" {
  name = "site"
  role = aws_iam_role.deploy.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # What is there already is not sent again; prune looks for what nobody shows. And what is missing is known to be.
        Sid      = "List"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = var.bucket_arn
      },
      {
        # Manifests, the ledger and verdicts are read; pages are the source of copies, and are looked at by `verify`.
        Sid      = "Read"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${var.bucket_arn}/*"
      },
      {
        # One line for each kind of object that docs/publishing.md names. The parts of a huge file are puts as well.
        Sid    = "Write"
        Effect = "Allow"
        Action = ["s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = [
          "${var.bucket_arn}/assets/*",
          "${var.bucket_arn}/releases/*",
          "${var.bucket_arn}/manifests/*",
          "${var.bucket_arn}/ledger/*",
          "${var.bucket_arn}/verdicts/*",
          "${var.bucket_arn}/api/*",
          "${var.bucket_arn}/404.html",
        ]
      },
      {
        # What prune deletes, and no more: no run can make the history or a verdict go away. The bucket keeps what was
        # deleted for a month, and this role has no right to its old versions.
        Sid    = "Prune"
        Effect = "Allow"
        Action = "s3:DeleteObject"
        Resource = [
          "${var.bucket_arn}/assets/*",
          "${var.bucket_arn}/releases/*",
          "${var.bucket_arn}/manifests/*",
          "${var.bucket_arn}/api/*",
        ]
      },
      {
        # The pointer: its version, its value, all redirects and previews; and the one write that makes a release live.
        Sid    = "Point"
        Effect = "Allow"
        Action = [
          "cloudfront-keyvaluestore:DescribeKeyValueStore",
          "cloudfront-keyvaluestore:GetKey",
          "cloudfront-keyvaluestore:ListKeys",
          "cloudfront-keyvaluestore:UpdateKeys",
        ]
        Resource = var.kvs_arn
      },
      {
        # What describes the environment, and the one that it promotes from; and whether there is such a description.
        Sid      = "FindTheEnvironment"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for name in compact([var.environment, var.promotes_from]) : "${local.described}/environments/${name}.json"]
      },
      {
        Sid      = "KnowThatADescriptionIsMissing"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = local.described
      },
    ]
  })
}

resource "aws_iam_role_policy" "promote" {
  count = var.promotes_from == null ? 0 : 1

  name = "promote-from-${var.promotes_from}"
  role = aws_iam_role.deploy.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # The very bytes that were served there are copied, and what the smoke tests said of them is read.
        Sid    = "ReadWhatIsPromoted"
        Effect = "Allow"
        Action = "s3:GetObject"
        Resource = [
          "${local.source}/assets/*",
          "${local.source}/releases/*",
          "${local.source}/manifests/*",
          "${local.source}/verdicts/*",
          "${local.source}/api/*",
        ]
      },
      {
        # A verdict that is missing is a 404 only for who may list.
        Sid      = "KnowWhatIsMissing"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = local.source
      },
      {
        # What is live there. The store's name is AWS's choice and is not known here; what stores hold is public anyway.
        Sid      = "ReadPointers"
        Effect   = "Allow"
        Action   = "cloudfront-keyvaluestore:GetKey"
        Resource = "arn:aws:cloudfront::${var.account}:key-value-store/*"
      },
    ]
  })
}

resource "aws_iam_role_policy" "api" {
  count = var.api == null ? 0 : 1

  name = "api"
  role = aws_iam_role.deploy.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        # Which versions there are, of which package each is, and whether a new one can be asked.
        Sid      = "Look"
        Effect   = "Allow"
        Action   = ["lambda:ListVersionsByFunction", "lambda:GetFunctionConfiguration"]
        Resource = flatten([for arn in values(var.api.functions) : [arn, "${arn}:*"]])
      },
      {
        # New code becomes a version that never changes, in the same request.
        Sid      = "Publish"
        Effect   = "Allow"
        Action   = ["lambda:UpdateFunctionCode", "lambda:PublishVersion"]
        Resource = values(var.api.functions)
      },
      {
        # The schema is made ready, and a version is warmed and asked how it is before anybody is sent to it. By version:
        # nobody reaches a function without saying which.
        Sid      = "MigrateAndCheck"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = [for arn in values(var.api.functions) : "${arn}:*"]
      },
      {
        # Where requests go: to one version, or a share of them to another.
        Sid      = "Shift"
        Effect   = "Allow"
        Action   = ["lambda:GetAlias", "lambda:UpdateAlias"]
        Resource = flatten([for arn in values(var.api.functions) : [arn, "${arn}:${var.api.alias}"]])
      },
      {
        # Prune removes versions that nobody can go back to. Only versions: this does not match the function itself.
        Sid      = "Prune"
        Effect   = "Allow"
        Action   = "lambda:DeleteFunction"
        Resource = [for arn in values(var.api.functions) : "${arn}:*"]
      },
      {
        # When the newest backup was made; nothing of what is in it.
        Sid      = "LookAtBackups"
        Effect   = "Allow"
        Action   = "backup:ListRecoveryPointsByBackupVault"
        Resource = var.api.backup_vault_arn
      },
      {
        # Whether an alarm rings while a share of the visitors gets the new. CloudWatch tells of composite alarms only
        # whoever may ask for any.
        Sid      = "HearAlarms"
        Effect   = "Allow"
        Action   = "cloudwatch:DescribeAlarms"
        Resource = "*"
      },
      ], length(var.api.followers) == 0 ? [] : [{
        # Which code runs there, and that of what is live. They are never asked by a deploy, nor have they versions to remove.
        Sid      = "BringWhatIsLive"
        Effect   = "Allow"
        Action   = ["lambda:GetFunctionConfiguration", "lambda:UpdateFunctionCode"]
        Resource = var.api.followers
    }])
  })
}
