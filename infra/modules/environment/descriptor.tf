# What describes the environment to publish.py, where publish.py looks for it (docs/publishing.md).

locals {
  descriptor = merge(module.site.descriptor, local.has_api ? {
    api = {
      function               = module.api[0].functions.app
      worker                 = module.api[0].functions.work
      migration              = module.api[0].functions.migrate
      alias                  = module.api[0].alias
      codedeploy_application = module.api[0].codedeploy.application
      codedeploy_group       = module.api[0].codedeploy.group
      version_bucket         = module.site.descriptor.bucket
    }
    # What rings when a new version is no good.
    alarms       = module.api[0].rollback_alarm_names
    backup_vault = module.database[0].backup_vault_name
  } : { api = null, alarms = [], backup_vault = null })
}

resource "aws_s3_object" "descriptor" {
  bucket                 = "zichkoding-configuration-${var.account}"
  key                    = "environments/${var.environment}.json"
  content                = jsonencode(local.descriptor)
  content_type           = "application/json"
  cache_control          = "private, no-store"
  server_side_encryption = "AES256"
}
