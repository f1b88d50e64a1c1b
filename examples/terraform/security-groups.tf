# Two groups beside the one that EKS makes: for the control plane's interfaces and for nodes, each rule a resource of its own.
resource "aws_security_group" "cluster" {
  name_prefix = "${var.name}-cluster-"
  description = "EKS cluster security group"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-cluster" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "node" {
  name_prefix = "${var.name}-node-"
  description = "EKS node shared security group"
  vpc_id      = aws_vpc.this.id

  tags = {
    Name                                = "${var.name}-node"
    "kubernetes.io/cluster/${var.name}" = "owned"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group_rule" "cluster_from_nodes" {
  description              = "Node groups to cluster API"
  security_group_id        = aws_security_group.cluster.id
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = 443
  to_port                  = 443
  source_security_group_id = aws_security_group.node.id
}

resource "aws_security_group_rule" "node_from_cluster" {
  for_each = { api = 443, kubelets = 10250, webhooks = 9443 }

  description              = "Cluster API to node ${each.key}"
  security_group_id        = aws_security_group.node.id
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = each.value
  to_port                  = each.value
  source_security_group_id = aws_security_group.cluster.id
}

resource "aws_security_group_rule" "node_dns" {
  for_each = toset(["tcp", "udp"])

  description       = "Node to node CoreDNS"
  security_group_id = aws_security_group.node.id
  type              = "ingress"
  protocol          = each.value
  from_port         = 53
  to_port           = 53
  self              = true
}

resource "aws_security_group_rule" "node_egress" {
  description       = "Allow all egress"
  security_group_id = aws_security_group.node.id
  type              = "egress"
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
}

resource "aws_vpc_security_group_ingress_rule" "node_ephemeral" {
  description                  = "Node to node on ephemeral ports"
  security_group_id            = aws_security_group.node.id
  ip_protocol                  = "tcp"
  from_port                    = 1025
  to_port                      = 65535
  referenced_security_group_id = aws_security_group.node.id
  tags                         = { Name = "ephemeral" }
}
