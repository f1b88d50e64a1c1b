# The cluster and who may enter it.
resource "aws_eks_cluster" "this" {
  name                      = var.name
  version                   = var.cluster_version
  role_arn                  = aws_iam_role.cluster.arn
  enabled_cluster_log_types = var.log_types

  access_config {
    authentication_mode                         = "API_AND_CONFIG_MAP"
    bootstrap_cluster_creator_admin_permissions = true
  }

  vpc_config {
    subnet_ids              = concat(aws_subnet.private[*].id, aws_subnet.intra[*].id)
    security_group_ids      = [aws_security_group.cluster.id]
    endpoint_private_access = true
    endpoint_public_access  = true
    public_access_cidrs     = ["0.0.0.0/0"]
  }

  kubernetes_network_config {
    ip_family         = "ipv4"
    service_ipv4_cidr = "172.20.0.0/16"
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = aws_kms_key.eks.arn
    }
  }

  upgrade_policy {
    support_type = "EXTENDED"
  }

  tags = local.tags

  depends_on = [
    aws_iam_role_policy_attachment.cluster,
    aws_iam_role_policy_attachment.cluster_encryption,
    aws_cloudwatch_log_group.cluster,
    aws_security_group_rule.cluster_from_nodes,
  ]
}

resource "aws_iam_role" "developer" {
  name = "${var.name}-developer"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
    }]
  })
}

resource "aws_eks_access_entry" "developer" {
  cluster_name      = aws_eks_cluster.this.name
  principal_arn     = aws_iam_role.developer.arn
  kubernetes_groups = ["developers"]
  type              = "STANDARD"
  tags              = local.tags
}

resource "aws_eks_access_policy_association" "developer" {
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.developer.principal_arn
  policy_arn    = "arn:${data.aws_partition.current.partition}:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"

  access_scope {
    type       = "namespace"
    namespaces = ["default"]
  }
}
