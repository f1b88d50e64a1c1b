# Nodes without a managed group: an Auto Scaling group whose instances join by their user data, and the access entry that lets them in.
resource "aws_iam_role" "self_managed" {
  name_prefix        = "${var.name}-own-"
  description        = "Self-managed nodes of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.node_trust.json
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "self_managed" {
  for_each = toset(["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEKS_CNI_Policy"])

  role       = aws_iam_role.self_managed.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.value}"
}

resource "aws_iam_instance_profile" "self_managed" {
  name_prefix = "${var.name}-own-"
  role        = aws_iam_role.self_managed.name
  tags        = local.tags
}

resource "aws_eks_access_entry" "self_managed" {
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_iam_role.self_managed.arn
  type          = "EC2_LINUX"
  tags          = local.tags
}

resource "aws_launch_template" "self_managed" {
  name_prefix            = "${var.name}-own-"
  image_id               = nonsensitive(data.aws_ssm_parameter.al2023_image.value)
  instance_type          = "m5.large"
  update_default_version = true
  vpc_security_group_ids = [aws_eks_cluster.this.vpc_config[0].cluster_security_group_id, aws_security_group.node.id]

  iam_instance_profile {
    arn = aws_iam_instance_profile.self_managed.arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
  }

  user_data = base64encode(yamlencode({
    apiVersion = "node.eks.aws/v1alpha1"
    kind       = "NodeConfig"
    spec = {
      cluster = {
        name                 = aws_eks_cluster.this.name
        apiServerEndpoint    = aws_eks_cluster.this.endpoint
        certificateAuthority = aws_eks_cluster.this.certificate_authority[0].data
        cidr                 = aws_eks_cluster.this.kubernetes_network_config[0].service_ipv4_cidr
      }
      kubelet = {
        flags = ["--node-labels=node.example.com/own=true"]
      }
    }
  }))

  tags = local.tags
}

resource "aws_autoscaling_group" "self_managed" {
  name_prefix         = "${var.name}-own-"
  vpc_zone_identifier = aws_subnet.private[*].id
  min_size            = 0
  max_size            = 2
  desired_capacity    = 1

  launch_template {
    id      = aws_launch_template.self_managed.id
    version = aws_launch_template.self_managed.latest_version
  }

  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 66
    }
  }

  dynamic "tag" {
    for_each = merge(local.tags, { Name = "${var.name}-own", "kubernetes.io/cluster/${var.name}" = "owned" })

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  depends_on = [aws_eks_addon.before_nodes, aws_eks_access_entry.self_managed, aws_iam_role_policy_attachment.self_managed]
}
