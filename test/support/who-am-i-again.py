"""What who-am-i-again.ts does, with boto3."""
import json
import sys

import boto3

session = boto3.Session()
sts = session.client("sts")
for _ in sys.stdin:
    arn = sts.get_caller_identity()["Arn"]
    keys = session.get_credentials().get_frozen_credentials()
    said = {"arn": arn, "accessKeyId": keys.access_key, "secretAccessKey": keys.secret_key, "sessionToken": keys.token}
    print(json.dumps(said), flush=True)
