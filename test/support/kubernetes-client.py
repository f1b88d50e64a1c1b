"""What programs do with Python's client: typed objects, every kind of patch, custom resources, apply, subresources, errors. Prints JSON."""
import json
import sys

from kubernetes import client, config, dynamic

config.load_kube_config(sys.argv[1])
core, apps, custom = client.CoreV1Api(), client.AppsV1Api(), client.CustomObjectsApi()
seen = {}

labels = {"app": "web"}
template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "nginx:1"}]}}
spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
made = apps.create_namespaced_deployment("default", {"metadata": {"name": "web"}, "spec": spec})
seen["strategy"] = made.spec.strategy.type
containers = [{"name": "side", "image": "envoy:1"}]
patched = apps.patch_namespaced_deployment("web", "default", {"spec": {"template": {"spec": {"containers": containers}}}})
seen["strategic merge"] = sorted(each.name for each in patched.spec.template.spec.containers)
operations = [{"op": "replace", "path": "/spec/replicas", "value": 3}]
seen["json patch"] = apps.patch_namespaced_deployment("web", "default", operations).spec.replicas
scale = apps.read_namespaced_deployment_scale("web", "default")
scale.spec.replicas = 5
seen["scale"] = apps.replace_namespaced_deployment_scale("web", "default", scale).spec.replicas
seen["pages"] = []
for name in "abcde":
    core.create_namespaced_config_map("default", {"metadata": {"name": name, "labels": {"kind": "page"}}})
more = None
while more != "":
    page = core.list_namespaced_config_map("default", label_selector="kind=page", limit=2, **({"_continue": more} if more else {}))
    seen["pages"].append([item.metadata.name for item in page.items])
    more = page.metadata._continue or ""
core.create_namespaced_service_account("default", {"metadata": {"name": "robot"}})
asked = {"spec": {"audiences": ["https://kubernetes.default.svc"], "expirationSeconds": 600}}
token = core.create_namespaced_service_account_token("robot", "default", asked)
review = client.AuthenticationV1Api().create_token_review({"spec": {"token": token.status.token}})
seen["token"] = review.status.user.username

size = {"type": "object", "properties": {"size": {"type": "integer", "maximum": 9}}}
schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": size}}}
versions = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
names = {"plural": "boats", "singular": "boat", "kind": "Boat", "listKind": "BoatList"}
spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": versions}
client.ApiextensionsV1Api().create_custom_resource_definition({"metadata": {"name": "boats.example.com"}, "spec": spec})
boats = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version="example.com/v1", kind="Boat")
boat = {"apiVersion": "example.com/v1", "kind": "Boat", "metadata": {"name": "one"}, "spec": {"size": 4}}
applied = boats.server_side_apply(body=json.dumps(boat), name="one", namespace="default", field_manager="python")
seen["apply"] = applied.metadata.managedFields[0].manager
custom.patch_namespaced_custom_object("example.com", "v1", "default", "boats", "one", {"spec": {"size": 5}})
seen["merge patch"] = custom.get_namespaced_custom_object("example.com", "v1", "default", "boats", "one")["spec"]["size"]


def refused(call, *words):
    try:
        call(*words)
    except client.ApiException as error:
        body = json.loads(error.body)
        return [error.status, body["reason"], body["message"]]


seen["refused"] = [
    refused(core.read_namespaced_config_map, "nobody", "default"),
    refused(core.create_namespaced_config_map, "default", {"metadata": {"name": "a"}}),
    refused(custom.patch_namespaced_custom_object, "example.com", "v1", "default", "boats", "one", {"spec": {"size": 10}}),
]
core.delete_collection_namespaced_config_map("default", label_selector="kind=page")
seen["left"] = [item.metadata.name for item in core.list_namespaced_config_map("default", label_selector="kind=page").items]
print(json.dumps(seen))
