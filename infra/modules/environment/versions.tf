terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
      # us-east-1, where CloudFront's own things are; and the second region, for what must outlive the first.
      configuration_aliases = [aws.global, aws.replica]
    }
  }
}
