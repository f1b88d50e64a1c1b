#!/bin/sh
# A cluster with EKS Auto Mode in the account's default VPC: no node groups, machines come with the pods.
#
#   eval "$(atoll env)"; sh examples/aws-cli/auto-mode.sh auto
#   kubectl create deployment web --image=nginx --replicas=3; kubectl get nodeclaims,nodes,pods
set -eu
name=${1:-auto}

trust() {
  printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":["sts:AssumeRole","sts:TagSession"]}]}' "$1"
}

role() { # name, service, policies
  arn=$(aws iam create-role --role-name "$1" --assume-role-policy-document "$(trust "$2")" --query Role.Arn --output text)
  for policy in $3; do aws iam attach-role-policy --role-name "$1" --policy-arn "arn:aws:iam::aws:policy/$policy"; done
  echo "$arn"
}

cluster_role=$(role "$name-cluster" eks.amazonaws.com "AmazonEKSClusterPolicy AmazonEKSComputePolicy AmazonEKSBlockStoragePolicy AmazonEKSLoadBalancingPolicy AmazonEKSNetworkingPolicy")
node_role=$(role "$name-node" ec2.amazonaws.com "AmazonEKSWorkerNodeMinimalPolicy AmazonEC2ContainerRegistryPullOnly")
subnets=$(aws ec2 describe-subnets --filters Name=default-for-az,Values=true --query 'Subnets[:2].SubnetId' --output text | tr '\t' ,)

aws eks create-cluster --name "$name" --role-arn "$cluster_role" --resources-vpc-config "subnetIds=$subnets" \
  --access-config authenticationMode=API --no-bootstrap-self-managed-addons \
  --compute-config "enabled=true,nodePools=general-purpose,system,nodeRoleArn=$node_role" \
  --storage-config '{"blockStorage":{"enabled":true}}' \
  --kubernetes-network-config '{"elasticLoadBalancing":{"enabled":true}}' >/dev/null
aws eks wait cluster-active --name "$name"
aws eks update-kubeconfig --name "$name"
