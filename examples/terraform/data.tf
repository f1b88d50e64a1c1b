# What is looked up instead of made.
data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_availability_zones" "available" {
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_ssm_parameter" "al2023_release" {
  name = "/aws/service/eks/optimized-ami/${var.cluster_version}/amazon-linux-2023/x86_64/standard/recommended/release_version"
}

data "aws_ssm_parameter" "al2023_image" {
  name = "/aws/service/eks/optimized-ami/${var.cluster_version}/amazon-linux-2023/x86_64/standard/recommended/image_id"
}

data "aws_eks_cluster_auth" "this" {
  name = aws_eks_cluster.this.name
}

locals {
  zones = slice(data.aws_availability_zones.available.names, 0, 3)

  private_cidrs = [for i in range(3) : cidrsubnet(var.vpc_cidr, 4, i)]
  public_cidrs  = [for i in range(3) : cidrsubnet(var.vpc_cidr, 8, i + 48)]
  intra_cidrs   = [for i in range(3) : cidrsubnet(var.vpc_cidr, 8, i + 52)]

  tags = {
    Environment = var.environment
  }
}
