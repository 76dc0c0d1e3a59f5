terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
      # `replica` is the region that keeps a second copy of the backups; the environment's own where there is none.
      configuration_aliases = [aws.replica]
    }
  }
}
