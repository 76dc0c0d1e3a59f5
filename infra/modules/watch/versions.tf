terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
      # CloudFront counts in us-east-1 only, and an alarm lies where its figures do.
      configuration_aliases = [aws.global]
    }
  }
}
