# A Valkey without servers: TLS always, in both zones, and paid for by what it keeps and does. What is in it are the
# buckets of the rate limits; where it is lost or away, the database counts, so there is no backup of it.

locals {
  name = "zichkoding-${var.environment}"
  user = "${local.name}-api"
}

# The user that Valkey knows before anybody made one; it may do nothing.
resource "aws_elasticache_user" "default" {
  user_id       = "${local.name}-nobody"
  user_name     = "default"
  engine        = "valkey"
  access_string = "off -@all"

  authentication_mode {
    type = "no-password-required"
  }
}

resource "aws_elasticache_user" "api" {
  # For IAM both names have to be the same.
  user_id   = local.user
  user_name = local.user
  engine    = "valkey"
  # The buckets of the limits, by one script, and nothing else.
  access_string = "on ~{zichkoding* resetchannels -@all +eval +evalsha +hmget +hset +pexpire +time +hello +ping"

  authentication_mode {
    type = "iam"
  }
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = local.name
  engine        = "valkey"
  user_ids      = [aws_elasticache_user.default.user_id, aws_elasticache_user.api.user_id]
}

resource "aws_elasticache_serverless_cache" "this" {
  name                 = local.name
  description          = "The buckets of the rate limits."
  engine               = "valkey"
  major_engine_version = "8"
  subnet_ids           = var.subnet_ids
  security_group_ids   = [var.security_group_id]
  user_group_id        = aws_elasticache_user_group.this.user_group_id

  cache_usage_limits {
    data_storage {
      maximum = var.most.gigabytes
      unit    = "GB"
    }
    ecpu_per_second {
      maximum = var.most.units_per_second
    }
  }

  tags = { Name = local.name }
}
