# RDS itself can give back any moment of the last days. This is for what takes the database and its backups with it: a
# snapshot each day in a vault of its own, and where `copy_region` is set, one in another region.

locals {
  copies = var.backup.copy_region == null ? 0 : 1
}

resource "aws_backup_vault" "this" {
  name = local.name

  tags = { Name = local.name }
}

resource "aws_backup_vault" "copy" {
  count    = local.copies
  provider = aws.replica

  name = "${local.name}-copy"

  tags = { Name = "${local.name}-copy" }
}

# Nobody, whatever they may else, deletes a copy before its time.
resource "aws_backup_vault_lock_configuration" "copy" {
  count    = local.copies
  provider = aws.replica

  backup_vault_name  = aws_backup_vault.copy[0].name
  min_retention_days = 7
  max_retention_days = 400
}

resource "aws_backup_plan" "this" {
  name = local.name

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.this.name
    schedule          = "cron(30 3 * * ? *)"
    start_window      = 60
    completion_window = 180

    lifecycle {
      delete_after = 35
    }

    dynamic "copy_action" {
      for_each = aws_backup_vault.copy
      content {
        destination_vault_arn = copy_action.value.arn

        lifecycle {
          delete_after = 90
        }
      }
    }
  }

  tags = { Name = local.name }
}

resource "aws_iam_role" "backup" {
  name        = "${local.name}-backup"
  description = "Makes, copies and tries the database's backups."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Backup"
      Effect    = "Allow"
      Principal = { Service = "backup.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

# AWS's own policies for its own service: what a snapshot needs differs by kind, and changes.
resource "aws_iam_role_policy_attachment" "backup" {
  for_each = merge(
    { backup = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup" },
    var.backup.restore_test ? { restores = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores" } : {},
  )

  role       = aws_iam_role.backup.name
  policy_arn = each.value
}

resource "aws_backup_selection" "this" {
  name         = local.name
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [local.arn]
}

# Each month AWS makes a database from the newest backup, in the data's subnets, and removes it again. That it comes up
# is seen there; that the rows are in it is what `make restore-drill` looks at.

resource "aws_backup_restore_testing_plan" "this" {
  count = var.backup.restore_test ? 1 : 0

  # Letters, digits and underscores only.
  name                = replace(local.name, "-", "_")
  schedule_expression = "cron(0 5 1 * ? *)"
  start_window_hours  = 4

  recovery_point_selection {
    algorithm             = "LATEST_WITHIN_WINDOW"
    include_vaults        = [aws_backup_vault.this.arn]
    recovery_point_types  = ["SNAPSHOT"]
    selection_window_days = 7
  }
}

resource "aws_backup_restore_testing_selection" "this" {
  count = var.backup.restore_test ? 1 : 0

  name                      = "database"
  restore_testing_plan_name = aws_backup_restore_testing_plan.this[0].name
  protected_resource_type   = local.is_instance ? "RDS" : "Aurora"
  iam_role_arn              = aws_iam_role.backup.arn
  protected_resource_arns   = [local.arn]
  validation_window_hours   = 1

  restore_metadata_overrides = local.is_instance ? {
    dbSubnetGroupName   = aws_db_subnet_group.this.name
    vpcSecurityGroupIds = jsonencode([var.security_group_ids.database])
    } : {
    dbSubnetGroupName = aws_db_subnet_group.this.name
  }
}
