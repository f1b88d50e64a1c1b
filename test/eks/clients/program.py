"""Calls, waits and pages as boto3 does. Reads a list of steps as JSON from standard input and prints what came of each.

Run by waiters.test.ts and pages.test.ts with AWS_ENDPOINT_URL and keys in the environment."""
import json
import sys

import boto3
from botocore import xform_name
from botocore.exceptions import WaiterError

eks = boto3.client("eks")


def wait(step):
    waiter = eks.get_waiter(xform_name(step["wait"]))
    try:
        waiter.wait(WaiterConfig={"Delay": 0.1, "MaxAttempts": 150}, **step["input"])
        return "SUCCESS"
    except WaiterError as error:
        return "FAILURE" if "terminal failure" in str(error) else str(error)


def pages(step):
    read = []
    for page in eks.get_paginator(xform_name(step["pages"])).paginate(PaginationConfig={"PageSize": step["size"]}, **step["input"]):
        read.append(page[step["member"]])
        if len(read) * step["size"] >= step.get("most", sys.maxsize):
            break
    return read


def call(step):
    getattr(eks, xform_name(step["call"]))(**step["input"])
    return "called"


done = [wait(step) if "wait" in step else pages(step) if "pages" in step else call(step) for step in json.load(sys.stdin)]
print(json.dumps({"done": done, "waiters": eks.waiter_names}, default=str))
