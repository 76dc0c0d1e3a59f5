terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
      # CloudFront takes its certificate, its firewall and its log deliveries from us-east-1 only; the replica lies in
      # a region of its own.
      configuration_aliases = [aws.global, aws.replica]
    }
  }
}
