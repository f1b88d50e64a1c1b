# Which Terraform and provider; the endpoint and the keys come from the environment (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, ...).
terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project = var.name
    }
  }
}
