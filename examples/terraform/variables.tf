# What can be chosen from outside.
variable "region" {
  description = "Region of everything."
  type        = string
  default     = "us-west-2"
}

variable "name" {
  description = "Name of the cluster, and prefix of what belongs to it."
  type        = string
  default     = "example"
}

variable "cluster_version" {
  description = "Kubernetes version of the cluster and its nodes."
  type        = string
  default     = "1.33"
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC; a /16 is divided into /24 and /20 subnets."
  type        = string
  default     = "10.0.0.0/16"
}

variable "desired_size" {
  description = "Nodes of the default node group."
  type        = number
  default     = 1
}

variable "log_types" {
  description = "Control-plane logs that are delivered."
  type        = list(string)
  default     = ["api", "audit", "authenticator"]
}

variable "log_retention_days" {
  description = "Days for which control-plane logs are kept."
  type        = number
  default     = 30
}

variable "environment" {
  description = "Value of the Environment tag of the cluster and its network."
  type        = string
  default     = "dev"
}
