"""Prints, as boto3 sees them, the free addresses of subnets and the interfaces of instances as JSON.

Run by addresses.test.ts with AWS_ENDPOINT_URL and keys in the environment; subnets and instances are the arguments."""
import json
import sys

import boto3

SUBNETS, INSTANCES = (argument.split(",") for argument in sys.argv[1:3])
ec2 = boto3.client("ec2")
free = {each["SubnetId"]: each["AvailableIpAddressCount"] for each in ec2.describe_subnets(SubnetIds=SUBNETS)["Subnets"]}
pages = ec2.get_paginator("describe_network_interfaces").paginate(
    Filters=[{"Name": "attachment.instance-id", "Values": INSTANCES}], PaginationConfig={"PageSize": 5}
)
interfaces = {
    each["NetworkInterfaceId"]: {
        "subnet": each["SubnetId"],
        "description": each["Description"],
        "status": each["Status"],
        "tags": {tag["Key"]: tag["Value"] for tag in each["TagSet"]},
        "addresses": [(address["PrivateIpAddress"], address["Primary"]) for address in each["PrivateIpAddresses"]],
        "prefixes": [prefix["Ipv4Prefix"] for prefix in each.get("Ipv4Prefixes", [])],
    }
    for page in pages
    for each in page["NetworkInterfaces"]
}
print(json.dumps({"free": free, "interfaces": interfaces}))
