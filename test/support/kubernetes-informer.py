"""An informer of config maps with Python's client: lists, watches on, lists again when its revision is gone. Says what it learns, a line each."""
import sys
import time

import urllib3
from kubernetes import client, config, watch

config.load_kube_config(sys.argv[1])
api = client.CoreV1Api()
known = {}
version = None


def say(*words):
    print(*words, flush=True)


def learn(kind, item):
    name, revision = item.metadata.name, item.metadata.resource_version
    if kind == "DELETED":
        known.pop(name, None)
    elif known.get(name) == revision:
        return
    else:
        known[name] = revision
    say(kind, name, (item.data or {}).get("a", "-"))


while True:
    try:
        if version is None:
            answer = api.list_namespaced_config_map("default")
            for item in answer.items:
                learn("MODIFIED" if item.metadata.name in known else "ADDED", item)
            for name in set(known) - {item.metadata.name for item in answer.items}:
                del known[name]
                say("DELETED", name, "-")
            version = answer.metadata.resource_version
            say("LISTED")
        stream = watch.Watch()
        # Bookmarks keep the revision young, as in every informer.
        for event in stream.stream(api.list_namespaced_config_map, "default", resource_version=version, allow_watch_bookmarks=True):
            version = stream.resource_version
            if event["type"] != "BOOKMARK":
                learn(event["type"], event["object"])
    except client.ApiException as error:
        if error.status != 410:
            raise
        say("EXPIRED")
        version = None
    except urllib3.exceptions.HTTPError:
        say("LOST")
        time.sleep(0.05)
