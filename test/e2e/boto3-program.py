"""Makes a cluster with nodes, waits as boto3 waits, pages, meets errors, and takes all of it away. Prints what it saw as JSON.

Run by boto3.test.ts with AWS_ENDPOINT_URL and keys in the environment, and the subnets and role ARNs as arguments."""
import json
import sys
import time

import boto3
from botocore.exceptions import ClientError

SUBNETS, CLUSTER_ROLE, NODE_ROLE = sys.argv[1].split(","), sys.argv[2], sys.argv[3]
FAST = {"Delay": 1, "MaxAttempts": 15}
NAME = "from-boto3"

eks, ec2, iam, sts, cloudtrail = (boto3.client(name) for name in ("eks", "ec2", "iam", "sts", "cloudtrail"))
seen = {"waits": {}, "errors": {}}


def wait(waiter, **arguments):
    began = time.monotonic()
    eks.get_waiter(waiter).wait(WaiterConfig=FAST, **arguments)
    seen["waits"][waiter] = round(time.monotonic() - began, 3)


def refused(label, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        response = error.response
        seen["errors"][label] = [
            type(error).__name__,
            response["Error"]["Code"],
            response["ResponseMetadata"]["HTTPStatusCode"],
            response["Error"]["Message"],
        ]


def free_addresses():
    return sum(subnet["AvailableIpAddressCount"] for subnet in ec2.describe_subnets(SubnetIds=SUBNETS)["Subnets"])


seen["caller"] = sts.get_caller_identity()["Arn"]
seen["freeBefore"] = free_addresses()
created = eks.create_cluster(name=NAME, roleArn=CLUSTER_ROLE, resourcesVpcConfig={"subnetIds": SUBNETS}, tags={"made-by": "boto3"})
seen["createdStatus"] = created["cluster"]["status"]
wait("cluster_active", name=NAME)
for index in range(5):
    eks.create_nodegroup(
        clusterName=NAME,
        nodegroupName=f"group-{index}",
        nodeRole=NODE_ROLE,
        subnets=SUBNETS,
        scalingConfig={"minSize": 0, "maxSize": 1, "desiredSize": 1 if index == 0 else 0},
    )
for index in range(5):
    wait("nodegroup_active", clusterName=NAME, nodegroupName=f"group-{index}")
seen["freeWithNode"] = free_addresses()

pages = eks.get_paginator("list_nodegroups").paginate(clusterName=NAME, PaginationConfig={"PageSize": 2})
seen["pages"] = [page["nodegroups"] for page in pages]
cluster = eks.describe_cluster(name=NAME)["cluster"]
seen["cluster"] = [cluster["status"], cluster["tags"], type(cluster["createdAt"]).__name__]

refused("missing", eks.describe_cluster, name="nowhere")
refused("exists", eks.create_cluster, name=NAME, roleArn=CLUSTER_ROLE, resourcesVpcConfig={"subnetIds": SUBNETS})
refused("inUse", eks.delete_cluster, name=NAME)
refused("noRole", iam.get_role, RoleName="nobody")
refused("noVpc", ec2.describe_vpcs, VpcIds=["vpc-0123456789abcdef0"])
seen["exceptionClass"] = hasattr(eks.exceptions, "ResourceNotFoundException")

for index in range(5):
    eks.delete_nodegroup(clusterName=NAME, nodegroupName=f"group-{index}")
for index in range(5):
    wait("nodegroup_deleted", clusterName=NAME, nodegroupName=f"group-{index}")
eks.delete_cluster(name=NAME)
wait("cluster_deleted", name=NAME)
seen["freeAfter"] = free_addresses()
events = cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateNodegroup"}])
seen["recorded"] = len(events["Events"])

print(json.dumps(seen))
