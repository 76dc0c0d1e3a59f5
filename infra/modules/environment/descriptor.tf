# What describes the environment to publish.py, where publish.py looks for it (docs/publishing.md).

locals {
  descriptor = module.site.descriptor
}

resource "aws_s3_object" "descriptor" {
  bucket                 = "zichkoding-configuration-${var.account}"
  key                    = "environments/${var.environment}.json"
  content                = jsonencode(local.descriptor)
  content_type           = "application/json"
  cache_control          = "private, no-store"
  server_side_encryption = "AES256"
}
