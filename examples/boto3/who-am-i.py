"""What who-am-i.ts does, with boto3: credentials, endpoint and region come from where every AWS SDK looks for them."""
import json

import boto3
from botocore.exceptions import ClientError

arn = boto3.client("sts").get_caller_identity()["Arn"]
try:
    answer = boto3.client("ec2").describe_subnets()
    subnets = [f"{s['SubnetId']} {s['CidrBlock']} {s['AvailableIpAddressCount']}" for s in answer["Subnets"]]
except ClientError as error:
    subnets = str(error)

print(json.dumps({"arn": arn, "subnets": subnets}, indent=2))
