# What describes the environment to publish.py, where publish.py looks for it (docs/publishing.md).

locals {
  # Their callers, Secrets Manager and a schedule, name no version, so they run the code that came last: that of what is live.
  followers = compact(concat(module.api[*].functions.rotate, [module.watch.visitor_name]))

  descriptor = merge(module.site.descriptor, local.has_api ? {
    api = {
      function               = module.api[0].functions.app
      worker                 = module.api[0].functions.work
      migration              = module.api[0].functions.migrate
      alias                  = module.api[0].alias
      followers              = local.followers
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
