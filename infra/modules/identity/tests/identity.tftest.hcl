# Who may deploy and what a deploy may do: run with mocked providers.

mock_provider "aws" {
  source          = "../../mocks"
  override_during = plan
}

variables {
  account    = "123456789012"
  repository = "zichkoding/site"
  bucket_arn = "arn:aws:s3:::zichkoding-production-123456789012"
  kvs_arn    = "arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555"
}

run "production_reads_staging_and_writes_its_own" {
  command = plan

  variables {
    environment   = "production"
    promotes_from = "staging"
    api = {
      alias            = "live"
      backup_vault_arn = "arn:aws:backup:eu-central-1:123456789012:backup-vault:zichkoding-production"
      functions = {
        app     = "arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-production-app"
        migrate = "arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-production-migrate"
      }
      followers = ["arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-production-rotate"]
    }
  }

  # Bound to the repository and to the environment, by equality.
  assert {
    condition = jsondecode(aws_iam_role.deploy.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = ["repo:zichkoding/site:environment:production", "repo:zichkoding/site:environment:production-unattended"]
        }
      }
    }]
    error_message = "A run of another repository, branch or environment does not get in."
  }
  assert {
    condition     = aws_iam_role.deploy.permissions_boundary == "arn:aws:iam::123456789012:policy/zichkoding-boundary" && aws_iam_role.deploy.max_session_duration == 3600
    error_message = "Whatever is granted by mistake, the boundary holds; and it ends after an hour."
  }

  # Staging is read and never written.
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.promote[0].policy).Statement : alltrue([
        for action in flatten([statement.Action]) : contains([
          "s3:GetObject", "s3:ListBucket", "cloudfront-keyvaluestore:GetKey",
        ], action)
      ])
    ])
    error_message = "What comes from staging is copied, and staging does not notice."
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.site.policy, "zichkoding-staging-")
    error_message = "The right to write knows its own bucket only."
  }

  # History cannot be deleted.
  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.site.policy).Statement : [
        for resource in flatten([statement.Resource]) : !strcontains(resource, "ledger") && !strcontains(resource, "verdicts") && !endswith(resource, ":zichkoding-production-123456789012/*")
      ] if contains(flatten([statement.Action]), "s3:DeleteObject")
    ]))
    error_message = "Neither the ledger nor a verdict goes."
  }
  assert {
    condition     = length(regexall("s3:DeleteObjectVersion|s3:PutBucket|iam:|lambda:\\*|s3:\\*", "${aws_iam_role_policy.site.policy}${aws_iam_role_policy.api[0].policy}")) == 0
    error_message = "No old version is deleted, no rule is changed, no role is made."
  }
  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.api[0].policy).Statement : [
        for resource in flatten([statement.Resource]) : startswith(resource, "arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-production-")
      ] if !contains(["HearAlarms", "LookAtBackups"], statement.Sid)
    ]))
    error_message = "Only this environment's functions."
  }
  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.api[0].policy).Statement : [
        for resource in flatten([statement.Resource]) : endswith(resource, ":*")
      ] if contains(flatten([statement.Action]), "lambda:DeleteFunction") || contains(flatten([statement.Action]), "lambda:InvokeFunction")
    ]))
    error_message = "A version can be removed and asked, never the function itself."
  }
  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.api[0].policy).Statement : statement.Action
      if anytrue([for resource in flatten([statement.Resource]) : strcontains(resource, "-rotate")])
    ])) == toset(["lambda:GetFunctionConfiguration", "lambda:UpdateFunctionCode"])
    error_message = "What replaces secrets gets new code from a deploy, and is not called by it."
  }
}

run "dev_reads_nothing_but_its_own" {
  command = plan

  variables {
    environment = "dev"
  }

  assert {
    condition     = length(aws_iam_role_policy.promote) == 0 && length(aws_iam_role_policy.api) == 0
    error_message = "What an environment does not have needs no right."
  }
  assert {
    condition     = jsondecode(aws_iam_role.deploy.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:zichkoding/site:environment:dev"]
    error_message = "Only production is also known by another name."
  }
}

run "a_repository_with_a_wildcard_is_refused" {
  command = plan

  variables {
    environment = "prod"
    account     = "1"
    repository  = "zichkoding/*"
  }

  expect_failures = [var.environment, var.account, var.repository]
}
