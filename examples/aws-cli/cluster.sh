#!/bin/sh
# A cluster with two nodes, from an empty account, with nothing but the AWS CLI.
#
#   eval "$(atoll env)"; sh examples/aws-cli/cluster.sh dev; kubectl get nodes
set -eu
name=${1:-dev}

trust() {
  printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}' "$1"
}

vpc=$(aws ec2 create-vpc --cidr-block 10.80.0.0/16 --query Vpc.VpcId --output text)
gateway=$(aws ec2 create-internet-gateway --query InternetGateway.InternetGatewayId --output text)
aws ec2 attach-internet-gateway --vpc-id "$vpc" --internet-gateway-id "$gateway"
routes=$(aws ec2 describe-route-tables --filters "Name=vpc-id,Values=$vpc" --query 'RouteTables[0].RouteTableId' --output text)
aws ec2 create-route --route-table-id "$routes" --destination-cidr-block 0.0.0.0/0 --gateway-id "$gateway" >/dev/null
subnets=
for i in 0 1; do
  zone=$(aws ec2 describe-availability-zones --query "AvailabilityZones[$i].ZoneName" --output text)
  subnet=$(aws ec2 create-subnet --vpc-id "$vpc" --cidr-block "10.80.$i.0/24" --availability-zone "$zone" --query Subnet.SubnetId --output text)
  aws ec2 modify-subnet-attribute --subnet-id "$subnet" --map-public-ip-on-launch
  subnets="$subnets $subnet"
done

cluster_role=$(aws iam create-role --role-name "$name-cluster" --assume-role-policy-document "$(trust eks.amazonaws.com)" --query Role.Arn --output text)
aws iam attach-role-policy --role-name "$name-cluster" --policy-arn arn:aws:iam::aws:policy/AmazonEKSClusterPolicy
node_role=$(aws iam create-role --role-name "$name-node" --assume-role-policy-document "$(trust ec2.amazonaws.com)" --query Role.Arn --output text)
for policy in AmazonEKSWorkerNodePolicy AmazonEKS_CNI_Policy AmazonEC2ContainerRegistryPullOnly; do
  aws iam attach-role-policy --role-name "$name-node" --policy-arn "arn:aws:iam::aws:policy/$policy"
done

# shellcheck disable=SC2086 # the subnets are words of their own
aws eks create-cluster --name "$name" --role-arn "$cluster_role" --resources-vpc-config "subnetIds=$(echo $subnets | tr ' ' ,)" >/dev/null
aws eks wait cluster-active --name "$name"
# shellcheck disable=SC2086
aws eks create-nodegroup --cluster-name "$name" --nodegroup-name workers --node-role "$node_role" --subnets $subnets \
  --instance-types m5.large --scaling-config minSize=1,maxSize=3,desiredSize=2 >/dev/null
aws eks wait nodegroup-active --cluster-name "$name" --nodegroup-name workers
aws eks update-kubeconfig --name "$name"
