# Two managed node groups: one as EKS makes it, one from a launch template.
resource "aws_eks_node_group" "default" {
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = "default"
  node_role_arn   = aws_iam_role.node.arn
  subnet_ids      = aws_subnet.private[*].id
  instance_types  = ["m5.large"]
  ami_type        = "AL2023_x86_64_STANDARD"
  release_version = nonsensitive(data.aws_ssm_parameter.al2023_release.value)
  disk_size       = 30

  scaling_config {
    min_size     = 1
    max_size     = 3
    desired_size = var.desired_size
  }

  update_config {
    max_unavailable_percentage = 33
  }

  labels = {
    role = "general"
  }

  tags = local.tags

  depends_on = [aws_eks_addon.before_nodes, aws_iam_role_policy_attachment.node]
}

resource "aws_launch_template" "batch" {
  name_prefix            = "${var.name}-batch-"
  description            = "Nodes for batch work"
  update_default_version = true
  vpc_security_group_ids = [aws_eks_cluster.this.vpc_config[0].cluster_security_group_id, aws_security_group.node.id]

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = 40
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
  }

  monitoring {
    enabled = true
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-batch" }
  }

  tags = local.tags
}

resource "aws_eks_node_group" "batch" {
  cluster_name           = aws_eks_cluster.this.name
  node_group_name_prefix = "batch-"
  node_role_arn          = aws_iam_role.node.arn
  subnet_ids             = aws_subnet.private[*].id
  capacity_type          = "SPOT"
  instance_types         = ["m5.large", "m5a.large"]

  launch_template {
    id      = aws_launch_template.batch.id
    version = aws_launch_template.batch.latest_version
  }

  scaling_config {
    min_size     = 0
    max_size     = 2
    desired_size = 1
  }

  taint {
    key    = "dedicated"
    value  = "batch"
    effect = "NO_SCHEDULE"
  }

  tags = local.tags

  depends_on = [aws_eks_addon.before_nodes, aws_iam_role_policy_attachment.node]
}
