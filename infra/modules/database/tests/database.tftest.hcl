# What the database must be, whatever the account: run with mocked providers, so without network or credentials.
# It says that the configuration is right in shape; only AWS can say that AWS agrees.

mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "zichkoding-staging.c1.eu-central-1.rds.amazonaws.com"
      arn                = "arn:aws:rds:eu-central-1:123456789012:db:zichkoding-staging"
      resource_id        = "db-ABC"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1", secret_status = "active", kms_key_id = "k" }]
    }
  }
  mock_resource "aws_rds_cluster" {
    defaults = {
      endpoint            = "zichkoding-dev.cluster-c1.eu-central-1.rds.amazonaws.com"
      arn                 = "arn:aws:rds:eu-central-1:123456789012:cluster:zichkoding-dev"
      cluster_resource_id = "cluster-ABC"
      master_user_secret  = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-1", secret_status = "active", kms_key_id = "k" }]
    }
  }
  mock_resource "aws_db_proxy" {
    defaults = {
      arn      = "arn:aws:rds:eu-central-1:123456789012:db-proxy:prx-0abc"
      endpoint = "zichkoding-staging.proxy-c1.eu-central-1.rds.amazonaws.com"
    }
  }
  # A random name may begin with a digit, which is none.
  mock_resource "aws_db_proxy_default_target_group" {
    defaults = { name = "default" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/any" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:zichkoding/staging/database-proxy-1" }
  }
  mock_resource "aws_backup_vault" {
    defaults = { arn = "arn:aws:backup:eu-central-1:123456789012:backup-vault:zichkoding-staging" }
  }
}

mock_provider "aws" {
  alias = "replica"

  mock_resource "aws_backup_vault" {
    defaults = { arn = "arn:aws:backup:eu-west-1:123456789012:backup-vault:zichkoding-staging-copy" }
  }
}

variables {
  environment        = "staging"
  account            = "123456789012"
  region             = "eu-central-1"
  subnet_ids         = ["subnet-1", "subnet-2"]
  security_group_ids = { database = "sg-database", proxy = "sg-proxy" }
}

run "closed_encrypted_and_kept" {
  assert {
    condition     = !aws_db_instance.this[0].publicly_accessible && aws_db_instance.this[0].vpc_security_group_ids == toset(["sg-database"])
    error_message = "The database has no public address, and the network's one group."
  }
  assert {
    condition     = aws_db_instance.this[0].storage_encrypted
    error_message = "What it keeps is encrypted."
  }
  assert {
    condition     = aws_db_instance.this[0].deletion_protection && !aws_db_instance.this[0].skip_final_snapshot && !aws_db_instance.this[0].delete_automated_backups && aws_db_instance.this[0].copy_tags_to_snapshot
    error_message = "It refuses to be deleted, and leaves its backups behind if it is all the same."
  }
  assert {
    condition     = aws_db_instance.this[0].backup_retention_period == 7
    error_message = "Any moment of a week can be had back."
  }
  assert {
    condition     = contains(aws_db_instance.this[0].enabled_cloudwatch_logs_exports, "postgresql") && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "Its log is read elsewhere, and forgotten after a month."
  }
}

run "nobody_signs_in_with_a_password_of_ours" {
  assert {
    condition     = aws_db_instance.this[0].manage_master_user_password && aws_db_instance.this[0].password == null
    error_message = "RDS makes and keeps the administrator's password."
  }
  assert {
    condition     = one(aws_secretsmanager_secret_rotation.administrator.rotation_rules).automatically_after_days == 7
    error_message = "And replaces it each week."
  }
  assert {
    condition     = aws_db_instance.this[0].iam_database_authentication_enabled
    error_message = "Everybody else signs in by IAM."
  }
  assert {
    condition     = !strcontains(output.connection.url, ":@") && startswith(output.connection.url, "postgresql://zichkoding_api@zichkoding-staging.")
    error_message = "There is no password in the address, which is the one of the role with few rights."
  }
  assert {
    condition     = output.connect_arns.user == "arn:aws:rds-db:eu-central-1:123456789012:dbuser:db-ABC/zichkoding_api"
    error_message = "The API's right to connect is for this database and its role."
  }
  assert {
    condition     = endswith(output.connect_arns.owner, "/zichkoding_owner")
    error_message = "The right of migrations is for the owner's role, never for the administrator's."
  }
}

run "tls_is_forced_on_both_sides" {
  assert {
    condition     = one([for one in aws_db_parameter_group.this[0].parameter : one.value if one.name == "rds.force_ssl"]) == "1"
    error_message = "The server hears nobody without TLS."
  }
  assert {
    condition = alltrue([
      for url in [output.connection.url, output.connection.owner_url] :
      endswith(url, "?sslmode=verify-full&sslrootcert=/var/task/certificates/rds.pem")
    ])
    error_message = "The functions look at the server's certificate before they send a token."
  }
}

run "the_log_says_nothing_that_people_wrote" {
  assert {
    condition = alltrue([
      for name, value in { log_parameter_max_length = "0", log_parameter_max_length_on_error = "0", log_error_verbosity = "terse" } :
      one([for one in aws_db_parameter_group.this[0].parameter : one.value if one.name == name]) == value
    ])
    error_message = "No value of a statement reaches the log."
  }
  assert {
    condition     = one([for one in aws_db_parameter_group.this[0].parameter : one.value if one.name == "log_min_duration_statement"]) == "500"
    error_message = "What is slow is told."
  }
}

run "a_copy_in_another_region_that_nobody_deletes" {
  variables {
    backup = { days = 14, copy_region = "eu-west-1", restore_test = true }
  }

  assert {
    condition     = one(one(aws_backup_plan.this.rule).copy_action).destination_vault_arn == "arn:aws:backup:eu-west-1:123456789012:backup-vault:zichkoding-staging-copy"
    error_message = "Each day's backup is copied to the other region."
  }
  assert {
    condition     = aws_backup_vault_lock_configuration.copy[0].min_retention_days == 7
    error_message = "A copy cannot be deleted within its first week."
  }
  assert {
    condition     = aws_backup_restore_testing_plan.this[0].schedule_expression == "cron(0 5 1 * ? *)" && aws_backup_restore_testing_selection.this[0].protected_resource_type == "RDS"
    error_message = "Each month a restore is tried."
  }
  assert {
    condition     = aws_backup_selection.this.resources == toset([aws_db_instance.this[0].arn])
    error_message = "What is backed up is this database."
  }
}

run "without_a_second_region_there_is_no_copy_and_no_test" {
  assert {
    condition     = length(aws_backup_vault.copy) == 0 && length(one(aws_backup_plan.this.rule).copy_action) == 0 && length(aws_backup_restore_testing_plan.this) == 0
    error_message = "What nobody asked for costs nothing."
  }
  assert {
    condition     = keys(aws_iam_role_policy_attachment.backup) == ["backup"]
    error_message = "Who need not restore may not."
  }
}

run "behind_a_proxy" {
  variables {
    proxy = true
  }

  assert {
    condition     = aws_db_proxy.this[0].require_tls && one(aws_db_proxy.this[0].auth).iam_auth == "REQUIRED"
    error_message = "The proxy takes IAM over TLS and nothing else."
  }
  assert {
    condition     = output.proxy_secret_arn == aws_secretsmanager_secret.proxy[0].arn
    error_message = "Whoever migrates knows where its password belongs."
  }
  assert {
    condition     = output.connection.host == "zichkoding-staging.proxy-c1.eu-central-1.rds.amazonaws.com" && strcontains(output.connection.url, "sslrootcert=/etc/pki/tls/certs/ca-bundle.crt")
    error_message = "The API goes to the proxy, whose certificate is of the public kind."
  }
  assert {
    condition     = output.connect_arns.user == "arn:aws:rds-db:eu-central-1:123456789012:dbuser:prx-0abc/zichkoding_api"
    error_message = "To IAM the proxy is the database."
  }
  assert {
    condition     = strcontains(output.connection.owner_url, "@zichkoding-staging.c1.")
    error_message = "Migrations go past the proxy, where a lock and a SET hold."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.proxy[0].policy).Statement[0].Resource == aws_secretsmanager_secret.proxy[0].arn
    error_message = "The proxy reads its one secret."
  }
}

run "aurora_sleeps" {
  variables {
    environment         = "dev"
    kind                = "aurora"
    deletion_protection = false
  }

  assert {
    condition     = one(aws_rds_cluster.this[0].serverlessv2_scaling_configuration).min_capacity == 0 && one(aws_rds_cluster.this[0].serverlessv2_scaling_configuration).seconds_until_auto_pause == 300
    error_message = "It falls asleep after five quiet minutes."
  }
  assert {
    condition     = one([for one in aws_rds_cluster_parameter_group.this[0].parameter : one.value if one.name == "idle_session_timeout"]) == "60000"
    error_message = "A connection that a sleeping function holds does not keep it awake."
  }
  assert {
    condition     = aws_rds_cluster.this[0].storage_encrypted && aws_rds_cluster.this[0].iam_database_authentication_enabled && aws_rds_cluster.this[0].manage_master_user_password && !aws_rds_cluster_instance.this[0].publicly_accessible
    error_message = "It is as closed as the other kind."
  }
  assert {
    condition     = one([for one in aws_rds_cluster_parameter_group.this[0].parameter : one.value if one.name == "rds.force_ssl"]) == "1"
    error_message = "And speaks TLS only."
  }
  assert {
    condition     = length(aws_db_instance.this) == 0 && output.connect_arns.user == "arn:aws:rds-db:eu-central-1:123456789012:dbuser:cluster-ABC/zichkoding_api"
    error_message = "There is one database, and its cluster is what IAM knows."
  }
}

run "production_in_one_zone_is_refused" {
  command = plan

  variables {
    environment = "production"
    multi_az    = false
  }

  expect_failures = [aws_db_instance.this]
}

run "production_that_sleeps_is_refused" {
  command = plan

  variables {
    environment = "production"
    kind        = "aurora"
    multi_az    = true
  }

  expect_failures = [aws_rds_cluster.this]
}

run "a_proxy_before_what_should_sleep_is_refused" {
  command = plan

  variables {
    environment = "dev"
    kind        = "aurora"
    proxy       = true
  }

  expect_failures = [aws_rds_cluster.this]
}

run "a_database_without_backups_is_refused" {
  command = plan

  variables {
    backup = { days = 0 }
  }

  expect_failures = [var.backup]
}

run "a_copy_in_the_same_region_is_refused" {
  command = plan

  variables {
    backup = { days = 7, copy_region = "eu-central-1" }
  }

  expect_failures = [var.backup]
}

run "an_old_postgresql_is_refused" {
  command = plan

  variables {
    engine_version = "15.4"
  }

  expect_failures = [var.engine_version]
}
