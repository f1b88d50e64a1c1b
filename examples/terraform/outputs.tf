# What others build on.
output "cluster_endpoint" {
  description = "URL of the Kubernetes API."
  value       = aws_eks_cluster.this.endpoint
}

output "cluster_certificate_authority" {
  description = "Certificate authority of the Kubernetes API, PEM in base64."
  value       = aws_eks_cluster.this.certificate_authority[0].data
}

output "oidc_provider_arn" {
  description = "IAM provider of the cluster's issuer."
  value       = aws_iam_openid_connect_provider.eks.arn
}

output "autoscaling_groups" {
  description = "Auto Scaling groups behind the node groups."
  value       = flatten([for group in [aws_eks_node_group.default, aws_eks_node_group.batch] : group.resources[*].autoscaling_groups[*].name])
}
