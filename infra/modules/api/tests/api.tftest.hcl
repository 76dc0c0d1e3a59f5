# What the module must be, whatever the account: run with mocked providers, so without network or credentials.
# It says that the configuration is right in shape; only AWS can say that AWS agrees.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/zichkoding-staging" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-staging-app", version = "1" }
  }
  mock_resource "aws_lambda_alias" {
    defaults = {
      arn        = "arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-staging-app:live"
      invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-staging-app:live/invocations"
    }
  }
  mock_resource "aws_api_gateway_rest_api" {
    defaults = { id = "a1b2c3", execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3" }
  }
  mock_resource "aws_api_gateway_api_key" {
    defaults = { value = "a-key-that-aws-made" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:one" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-central-1:123456789012:rule/zichkoding-staging-work" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:zichkoding-staging-messages" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:zichkoding-staging-messages" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:zichkoding-staging-api-Ab1Cd2" }
  }
  mock_resource "aws_sesv2_email_identity" {
    defaults = {
      arn                     = "arn:aws:ses:eu-central-1:123456789012:identity/staging.example.com"
      dkim_signing_attributes = { tokens = ["one", "two", "three"] }
    }
  }
  mock_resource "aws_sesv2_configuration_set" {
    defaults = { arn = "arn:aws:ses:eu-central-1:123456789012:configuration-set/zichkoding-staging" }
  }
}

variables {
  environment = "staging"
  account     = "123456789012"
  region      = "eu-central-1"
  # Any file: what is in it is publish.py's business.
  package  = "versions.tf"
  site_url = "https://staging.example.com"
  logs     = { bucket = "zichkoding-staging-logs-123456789012", prefix = "AWSLogs/123456789012/CloudFront/" }
  network = {
    subnet_ids        = ["subnet-a", "subnet-b"]
    security_group_id = "sg-api"
    is_dual_stack     = true
  }
  database = {
    url               = "postgresql://zichkoding_api@db.example:5432/zichkoding?sslmode=verify-full&sslrootcert=/var/task/certificates/rds.pem"
    owner_url         = "postgresql://zichkoding_owner@db.example:5432/zichkoding?sslmode=verify-full&sslrootcert=/var/task/certificates/rds.pem"
    master_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1"
    user_connect_arn  = "arn:aws:rds-db:eu-central-1:123456789012:dbuser:db-1/zichkoding_api"
    owner_connect_arn = "arn:aws:rds-db:eu-central-1:123456789012:dbuser:db-1/zichkoding_owner"
  }
  mail = {
    domain        = "staging.example.com"
    from          = "hello@staging.example.com"
    owner_address = "owner@example.com"
    zone_id       = "Z1"
  }
  alarm_topic_arn = "arn:aws:sns:eu-central-1:123456789012:zichkoding-staging-alarms"
}

run "the_functions_are_what_the_package_is_made_for" {
  assert {
    condition = alltrue([
      for one in aws_lambda_function.this : one.runtime == "python3.13" && tolist(one.architectures) == tolist(["arm64"]) && one.publish
    ])
    error_message = "Python 3.13 on arm64, and each change is a version."
  }
  assert {
    condition     = { for name, one in aws_lambda_function.this : name => one.handler } == { app = "app.app", work = "app.work", migrate = "migrate.work", rotate = "rotate.work" }
    error_message = "Four ways into one package."
  }
  assert {
    condition     = alltrue([for one in aws_lambda_function.this : one.memory_size == 512]) && aws_lambda_function.this["app"].timeout == 15 && aws_lambda_function.this["work"].timeout < 60
    error_message = "As Chalice's file says; and a turn of the worker ends before the next begins."
  }
  assert {
    condition     = alltrue([for name in ["app", "work", "migrate"] : length(aws_lambda_function.this[name].vpc_config[0].subnet_ids) == 2 && aws_lambda_function.this[name].vpc_config[0].ipv6_allowed_for_dual_stack])
    error_message = "In two zones, and out by IPv6 where the network says so."
  }
  assert {
    condition     = { for name, one in aws_lambda_function.this : name => one.reserved_concurrent_executions } == { app = 20, work = 1, migrate = 1, rotate = 1 }
    error_message = "Visitors cannot use up the database's connections, and there is one worker and one who migrates."
  }
  assert {
    condition     = alltrue([for one in aws_lambda_function.this : one.logging_config[0].log_format == "JSON" && one.tracing_config[0].mode == "Active"])
    error_message = "The log can be asked, and requests can be followed."
  }
  assert {
    condition     = alltrue([for one in aws_cloudwatch_log_group.function : one.retention_in_days == 90]) && aws_cloudwatch_log_group.gateway.retention_in_days == 90
    error_message = "Nothing is kept for ever."
  }
}

run "no_secret_is_in_a_functions_settings" {
  assert {
    condition = alltrue(flatten([
      for one in aws_lambda_function.this : [for name in keys(one.environment[0].variables) : !strcontains(name, "PASSWORD") && !strcontains(name, "TOKEN") && name != "SIGNING_SECRET"]
    ]))
    error_message = "Neither a password nor a secret's text."
  }
  assert {
    condition     = aws_lambda_function.this["app"].environment[0].variables["SECRETS"] == aws_secretsmanager_secret.this.arn
    error_message = "Its name is, and the function asks for the rest."
  }
  assert {
    condition     = { for name in ["app", "work", "migrate"] : name => lookup(aws_lambda_function.this[name].environment[0].variables, "LOGS_URL", "none") } == { app = "none", work = "s3://zichkoding-staging-logs-123456789012/AWSLogs/123456789012/CloudFront/", migrate = "none" }
    error_message = "The worker alone counts pages from the CDN's logs."
  }
  assert {
    condition = alltrue([
      for name in ["app", "work", "migrate"] : strcontains(aws_lambda_function.this[name].environment[0].variables["DATABASE_URL"], "?sslmode=verify-full")
    ])
    error_message = "The database is who its certificate says, or it is not spoken to."
  }
  assert {
    condition     = !contains(keys(aws_lambda_function.this["migrate"].environment[0].variables), "SECRETS")
    error_message = "Who migrates needs none of them."
  }
}

run "the_secret_is_replaced_by_itself" {
  assert {
    condition     = aws_secretsmanager_secret_rotation.this.rotate_immediately && one(aws_secretsmanager_secret_rotation.this.rotation_rules).automatically_after_days == 30
    error_message = "Made at once, replaced each month."
  }
  assert {
    condition     = aws_secretsmanager_secret_version.empty.secret_string == "{}"
    error_message = "What Terraform knows of it is nothing."
  }
  assert {
    condition     = aws_lambda_permission.rotate.source_arn == aws_secretsmanager_secret.this.arn && aws_lambda_permission.rotate.principal == "secretsmanager.amazonaws.com"
    error_message = "Only for this secret."
  }
}

run "each_connects_as_its_own_role" {
  assert {
    condition = jsonencode({
      for name, one in aws_iam_role_policy.function : name => [for statement in jsondecode(one.policy).Statement : statement.Resource if statement.Sid == "Connect"]
      }) == jsonencode({
      app     = [var.database.user_connect_arn]
      work    = [var.database.user_connect_arn]
      migrate = [var.database.owner_connect_arn]
      rotate  = []
    })
    error_message = "What answers visitors cannot change a table."
  }
  assert {
    condition     = strcontains(aws_lambda_function.this["migrate"].environment[0].variables["DATABASE_URL"], "//zichkoding_owner@") && strcontains(aws_lambda_function.this["app"].environment[0].variables["DATABASE_URL"], "//zichkoding_api@")
    error_message = "And says so in its address."
  }
}

run "each_may_what_it_does_and_no_more" {
  assert {
    condition = jsonencode({
      for name, one in aws_iam_role_policy.function : name => sort(flatten([
        for statement in jsondecode(one.policy).Statement : statement.Action if statement.Effect == "Allow" && !contains(["Log", "Trace", "Network"], statement.Sid)
      ]))
      }) == jsonencode({
      app     = ["rds-db:connect", "secretsmanager:GetSecretValue", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"]
      work    = ["rds-db:connect", "s3:GetObject", "s3:ListBucket", "secretsmanager:GetSecretValue", "ses:SendEmail", "ses:SendRawEmail", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"]
      migrate = ["rds-db:connect", "secretsmanager:GetSecretValue"]
      rotate  = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
    })
    error_message = "What answers visitors sends no mail."
  }
  assert {
    condition = alltrue(flatten([
      for one in aws_iam_role_policy.function : [
        for statement in jsondecode(one.policy).Statement : statement.Effect == "Deny" || contains(["Trace", "Network"], statement.Sid) || !contains(flatten([statement.Resource]), "*")
      ]
    ]))
    error_message = "Only what AWS lets nobody narrow down is for everything."
  }
  assert {
    condition     = length([for statement in jsondecode(aws_iam_role_policy.function["app"].policy).Statement : statement if try(statement.Condition.ArnEquals["lambda:SourceFunctionArn"], "") == "arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-staging-app"]) == 1
    error_message = "The network is Lambda's to change, and not the code's."
  }
}

run "requests_and_turns_go_by_the_alias" {
  assert {
    condition = alltrue([
      for path in values(jsondecode(aws_api_gateway_rest_api.this.body).paths) :
      path["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].uri == aws_lambda_alias.live["app"].invoke_arn
    ])
    error_message = "Otherwise a shift would shift nothing."
  }
  assert {
    condition     = aws_lambda_permission.gateway.qualifier == "live" && aws_lambda_permission.schedule.qualifier == "live"
    error_message = "And only the alias may be called."
  }
  assert {
    condition     = aws_lambda_permission.gateway.source_arn == "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/api/*/*"
    error_message = "By this gateway's stage."
  }
  assert {
    condition     = aws_cloudwatch_event_target.work.arn == aws_lambda_alias.live["work"].arn && aws_cloudwatch_event_rule.work.schedule_expression == "rate(1 minute)"
    error_message = "The worker has its turn each minute, and a new version of it is tried as well."
  }
}

run "the_gateway_has_the_contracts_addresses" {
  assert {
    condition     = keys(jsondecode(aws_api_gateway_rest_api.this.body).paths) == keys(yamldecode(file("../../../api/openapi.yaml")).paths)
    error_message = "There is no second list of them."
  }
  assert {
    condition     = aws_api_gateway_deployment.this.triggers.document == sha256(aws_api_gateway_rest_api.this.body)
    error_message = "A new address is deployed."
  }
}

run "nobody_gets_in_but_by_the_cdn" {
  assert {
    condition = alltrue([
      for path in values(jsondecode(aws_api_gateway_rest_api.this.body).paths) :
      path["x-amazon-apigateway-any-method"].security == [{ cdn = [] }]
    ])
    error_message = "Every address asks for the key."
  }
  assert {
    condition     = output.origin.header_name == "x-api-key" && output.origin.header_value == "a-key-that-aws-made"
    error_message = "And the CDN has it."
  }
  assert {
    condition     = output.origin.domain == "a1b2c3.execute-api.eu-central-1.amazonaws.com" && output.origin.path == "/api"
    error_message = "It asks this gateway, at its stage."
  }
  assert {
    condition = alltrue([
      for kind, answer in jsondecode(aws_api_gateway_rest_api.this.body)["x-amazon-apigateway-gateway-responses"] :
      keys(jsondecode(answer.responseTemplates["application/json"]).error) == ["code", "fields", "message"]
    ])
    error_message = "What the gateway says itself has the API's shape."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this.body)["x-amazon-apigateway-gateway-responses"].MISSING_AUTHENTICATION_TOKEN.statusCode == 404
    error_message = "An address that is not there is not there."
  }
  assert {
    condition     = aws_api_gateway_method_settings.every.settings[0].throttling_rate_limit == 50 && !aws_api_gateway_method_settings.every.settings[0].data_trace_enabled
    error_message = "There is an end to what it lets through, and what people write is not in its log."
  }
}

run "a_key_is_replaced_without_a_gap" {
  variables {
    origin_keys = { accepted = ["first", "second"], sent = "second" }
  }
  assert {
    condition     = keys(aws_api_gateway_usage_plan_key.cdn) == ["first", "second"]
    error_message = "Both are good while the CDN's edges learn of the new one."
  }
}

run "a_shift_is_taken_back_by_alarms" {
  assert {
    condition     = aws_codedeploy_deployment_group.this.deployment_config_name == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    error_message = "A tenth first."
  }
  assert {
    condition     = one(aws_codedeploy_deployment_group.this.auto_rollback_configuration).enabled && contains(one(aws_codedeploy_deployment_group.this.auto_rollback_configuration).events, "DEPLOYMENT_STOP_ON_ALARM")
    error_message = "Nobody has to be awake."
  }
  assert {
    condition     = one(aws_codedeploy_deployment_group.this.alarm_configuration).alarms == toset(output.rollback_alarm_names) && length(output.rollback_alarm_names) == 3 && !one(aws_codedeploy_deployment_group.this.alarm_configuration).ignore_poll_alarm_failure
    error_message = "By all of them."
  }
  assert {
    condition     = alltrue([for one in aws_cloudwatch_metric_alarm.rollback : one.period * one.evaluation_periods < 300])
    error_message = "Each goes off within the five minutes that a tenth of the visitors are asked."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.rollback["crashes"].dimensions == tomap({ FunctionName = "zichkoding-staging-app", Resource = "zichkoding-staging-app:live" })
    error_message = "What is looked at is what gets requests."
  }
}

run "changed_settings_are_shifted_to_like_code" {
  assert {
    condition = yamldecode(jsondecode(output.shift).revision.appSpecContent.content).Resources[0].api.Properties == {
      Name           = "zichkoding-staging-app"
      Alias          = "live"
      CurrentVersion = 1
      TargetVersion  = 1
    }
    error_message = "From the version that the alias has to the newest."
  }
}

run "a_message_that_waits_is_safe" {
  assert {
    condition     = aws_sqs_queue.messages.message_retention_seconds == 1209600 && aws_sqs_queue.dead.message_retention_seconds == 1209600
    error_message = "As long as there is."
  }
  assert {
    condition     = aws_sqs_queue.messages.sqs_managed_sse_enabled && aws_sqs_queue.dead.sqs_managed_sse_enabled
    error_message = "Encrypted."
  }
  assert {
    condition     = jsondecode(aws_sqs_queue.messages.redrive_policy).deadLetterTargetArn == aws_sqs_queue.dead.arn
    error_message = "What nobody can keep ends where somebody is told of it."
  }
  assert {
    condition = alltrue([
      for one in aws_sqs_queue_policy.this : one([for statement in jsondecode(one.policy).Statement : statement.Effect]) == "Deny"
    ])
    error_message = "And nothing goes in or out in clear; who may otherwise, the roles say."
  }
}

run "mail_is_from_us_and_stays_away_from_who_refused_it" {
  assert {
    condition     = toset(aws_sesv2_configuration_set.this.suppression_options[0].suppressed_reasons) == toset(["BOUNCE", "COMPLAINT"])
    error_message = "An address that mail came back from gets none any more."
  }
  assert {
    condition     = aws_sesv2_configuration_set.this.delivery_options[0].tls_policy == "REQUIRE"
    error_message = "Not in clear."
  }
  assert {
    condition     = aws_sesv2_email_identity.this.configuration_set_name == aws_sesv2_configuration_set.this.configuration_set_name
    error_message = "All mail of the domain goes by these rules, without the API saying so."
  }
  assert {
    condition     = { for key, one in aws_route53_record.mail : key => one.type } == { dkim0 = "CNAME", dkim1 = "CNAME", dkim2 = "CNAME", mail_from = "MX", spf = "TXT", dmarc = "TXT" }
    error_message = "DNS says that it is us."
  }
  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.function["work"].policy).Statement : statement.Condition.StringEquals["ses:FromAddress"] if statement.Sid == "SendMail"]) == "hello@staging.example.com"
    error_message = "In nobody else's name."
  }
}

run "dns_that_is_kept_elsewhere_is_told" {
  variables {
    mail = {
      domain        = "staging.example.com"
      from          = "hello@staging.example.com"
      owner_address = "owner@example.com"
    }
  }
  assert {
    condition     = length(aws_route53_record.mail) == 0 && length(output.mail_records) == 6
    error_message = "Somebody enters the records by hand."
  }
}

run "a_cache_and_a_proxy_are_reached_by_who_needs_them" {
  variables {
    cache = { url = "rediss://api@cache.example:6379/0?iam=cache", connect_arns = ["arn:aws:elasticache:eu-central-1:123456789012:user:api"] }
    database = {
      url               = "postgresql://zichkoding_api@proxy.example:5432/zichkoding?sslmode=verify-full&sslrootcert=/etc/pki/tls/certs/ca-bundle.crt"
      owner_url         = "postgresql://zichkoding_owner@db.example:5432/zichkoding?sslmode=verify-full&sslrootcert=/var/task/certificates/rds.pem"
      user_connect_arn  = "arn:aws:rds-db:eu-central-1:123456789012:dbuser:prx-1/zichkoding_api"
      owner_connect_arn = "arn:aws:rds-db:eu-central-1:123456789012:dbuser:*/zichkoding_owner"
      master_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1"
      proxy_secret_arn  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:proxy"
    }
  }
  assert {
    condition     = [for name in ["app", "work", "migrate"] : contains(keys(aws_lambda_function.this[name].environment[0].variables), "REDIS_URL")] == [true, false, false]
    error_message = "Limits are for requests."
  }
  assert {
    condition = {
      for name in ["app", "work", "migrate"] : name => jsonencode(flatten([for statement in jsondecode(aws_iam_role_policy.function[name].policy).Statement : statement.Resource if statement.Action == "elasticache:Connect"]))
    } == { app = jsonencode(var.cache.connect_arns), work = "[]", migrate = "[]" }
    error_message = "As the API's user of this cache, and of no other."
  }
  assert {
    condition     = jsonencode(one([for statement in jsondecode(aws_iam_role_policy.function["migrate"].policy).Statement : statement.Resource if statement.Sid == "MakeRoles"])) == jsonencode([var.database.master_secret_arn, var.database.proxy_secret_arn])
    error_message = "The proxy's password is read where the role gets it, and nowhere else."
  }
}

run "programs_are_told_by_a_topic_where_that_is_wished" {
  variables {
    tell_by_topic = true
  }
  assert {
    condition     = aws_lambda_function.this["work"].environment[0].variables["SNS_TOPIC"] == aws_sns_topic.messages[0].arn && aws_sns_topic.messages[0].kms_master_key_id == "alias/aws/sns"
    error_message = "Encrypted."
  }
  assert {
    condition     = length([for statement in jsondecode(aws_iam_role_policy.function["app"].policy).Statement : statement if statement.Sid == "TellByTopic"]) == 0
    error_message = "And only the worker tells."
  }
}

run "dev_is_not_traced_and_a_new_account_has_ten_at_once" {
  variables {
    environment = "dev"
    concurrency = null
    shift       = "CodeDeployDefault.LambdaAllAtOnce"
  }
  assert {
    condition     = alltrue([for one in aws_lambda_function.this : one.tracing_config[0].mode == "PassThrough" && one.reserved_concurrent_executions == -1])
    error_message = "As Chalice's file has it for dev; and nothing is set aside of ten."
  }
}

run "what_cannot_be_is_refused" {
  command = plan
  variables {
    environment = "prod"
    account     = "1234"
    site_url    = "http://staging.example.com/"
    shift       = "AllAtOnce"
    origin_keys = { accepted = ["a", "b", "c"], sent = "d" }
    mail = {
      domain        = "staging.example.com"
      from          = "hello@example.com"
      owner_address = "owner@example.com"
    }
    network = { subnet_ids = ["subnet-a"], security_group_id = "sg-api" }
    database = {
      url               = "postgresql://postgres:hunter2@db/zichkoding"
      owner_url         = "postgresql://postgres:hunter2@db/zichkoding"
      user_connect_arn  = "a"
      owner_connect_arn = "a"
      master_secret_arn = "a"
    }
  }
  expect_failures = [
    var.environment, var.account, var.site_url, var.shift, var.origin_keys, var.mail, var.network, var.database,
  ]
}

run "without_a_package_it_says_what_to_run" {
  command = plan
  variables {
    package = "nowhere.zip"
  }
  expect_failures = [aws_lambda_function.this]
}
