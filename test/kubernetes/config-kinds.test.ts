// What writers of storage, configuration, limits, nodes and other small kinds are told.
import { after, before } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";
import { type ChangeCase, type CreateCase, testChanges, testCreations } from "./validation.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

const accessModes = ["ReadWriteOnce"];
const size = (storage: string) => ({ requests: { storage } });
const claim = (more: object = {}) => ({ spec: { accessModes, resources: size("1Gi"), ...more } });
const volume = (more: object = {}) => ({ spec: { accessModes, capacity: { storage: "1Gi" }, hostPath: { path: "/d" }, ...more } });
const provisioner = "ebs.csi.aws.com";
const slice = (more: object = {}) => ({ addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ...more });
const limit = (more: object) => ({ spec: { limits: [{ type: "Container", ...more }] } });
const base64 = (text: string) => Buffer.from(text).toString("base64");

const creations: CreateCase[] = [
  ["PersistentVolumeClaim", claim(), undefined],
  ["PersistentVolumeClaim", claim({ accessModes: [] }), "spec.accessModes: Required value: at least 1 access mode is required"],
  [
    "PersistentVolumeClaim",
    claim({ accessModes: ["Once"] }),
    'spec.accessModes: Unsupported value: "Once": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
  ],
  [
    "PersistentVolumeClaim",
    claim({ accessModes: ["ReadWriteOnce", "ReadWriteOncePod"] }),
    "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
  ],
  ["PersistentVolumeClaim", claim({ resources: {} }), "spec.resources[storage]: Required value"],
  ["PersistentVolumeClaim", claim({ resources: size("0") }), 'spec.resources[storage]: Invalid value: "0": must be greater than zero'],
  ["PersistentVolume", volume(), undefined],
  ["PersistentVolume", volume({ hostPath: undefined }), "spec: Required value: must specify a volume type"],
  ["PersistentVolume", volume({ csi: { driver: "d", volumeHandle: "v" } }), "spec.csi: Forbidden: may not specify more than 1 volume type"],
  [
    "PersistentVolume",
    volume({ persistentVolumeReclaimPolicy: "Keep" }),
    'spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", "Retain"',
  ],
  [
    "PersistentVolume",
    volume({ hostPath: undefined, local: { path: "/x" } }),
    "spec.nodeAffinity: Required value: Local volume requires node affinity",
  ],
  ["StorageClass", { provisioner }, undefined],
  ["StorageClass", {}, "provisioner: Required value"],
  [
    "StorageClass",
    { provisioner, reclaimPolicy: "Recycle" },
    'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
  ],
  [
    "StorageClass",
    { provisioner, volumeBindingMode: "Later" },
    'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
  ],
  [
    "ConfigMap",
    { data: { "a/b": "c" } },
    `data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
  ],
  ["Secret", { type: "kubernetes.io/tls", data: {} }, "[data[tls.crt]: Required value, data[tls.key]: Required value]"],
  ["Secret", { type: "kubernetes.io/basic-auth", data: {} }, "[data[username]: Required value, data[password]: Required value]"],
  [
    "Secret",
    { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": base64("{") } },
    'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
  ],
  ["ResourceQuota", { spec: { hard: { pods: "10", "count/deployments.apps": "2", "requests.nvidia.com/gpu": "1" } } }, undefined],
  ["ResourceQuota", { spec: { hard: { pods: "-1" } } }, 'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
  [
    "ResourceQuota",
    { spec: { hard: { pods: "1" }, scopes: ["BestEffort", "NotBestEffort"] } },
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
  ],
  [
    "LimitRange",
    limit({ min: { cpu: "2" }, max: { cpu: "1" } }),
    '[spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1, spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1, spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1]',
  ],
  [
    "LimitRange",
    { spec: { limits: [{ type: "PersistentVolumeClaim" }] } },
    "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
  ],
  [
    "Node",
    { spec: { taints: [{ key: "a", effect: "Sometimes" }] } },
    'metadata.taints[0].effect: Unsupported value: "Sometimes": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
  [
    "Node",
    {
      spec: {
        taints: [
          { key: "a", effect: "NoExecute" },
          { key: "a", effect: "NoExecute" },
        ],
      },
    },
    'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoExecute"}: taints must be unique by key and effect pair',
  ],
  ["Lease", { spec: { leaseDurationSeconds: 0 } }, "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"],
  ["EndpointSlice", slice(), undefined],
  ["EndpointSlice", slice({ addressType: "IPv5" }), 'addressType: Unsupported value: "IPv5": supported values: "FQDN", "IPv4", "IPv6"'],
  [
    "EndpointSlice",
    slice({ endpoints: [{ addresses: ["fd00::1"] }] }),
    'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
  ],
  ["EndpointSlice", slice({ endpoints: [{ addresses: [] }] }), "endpoints[0].addresses: Required value: must contain at least 1 address"],
  ["PriorityClass", { value: 2_000_000_000 }, "value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
];
testCreations(() => api, creations);

const immutable = "field is immutable when `immutable` is set";
const frozen = "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
const changes: ChangeCase[] = [
  [
    "PersistentVolumeClaim",
    claim({ accessModes: ["ReadWriteMany"] }),
    { spec: { accessModes } },
    `${frozen}\n@@ -1,6 +1,6 @@\n {\n  "AccessModes": [\n-  "ReadWriteMany"\n+  "ReadWriteOnce"\n  ],\n  "Selector": null,\n  "Resources": {\n`,
  ],
  ["PersistentVolumeClaim", claim(), { spec: { volumeName: "pv" } }, undefined],
  [
    "PersistentVolume",
    volume(),
    { spec: { hostPath: { path: "/e" } } },
    'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n@@ -2,7 +2,7 @@\n  "GCEPersistentDisk": null,\n  "AWSElasticBlockStore": null,\n  "HostPath": {\n-  "Path": "/d",\n+  "Path": "/e",\n   "Type": ""\n  },\n  "Glusterfs": null,\n',
  ],
  ["PersistentVolume", volume(), { spec: { capacity: { storage: "2Gi" } } }, undefined],
  ["StorageClass", { provisioner }, { provisioner: "efs.csi.aws.com" }, "provisioner: Forbidden: updates to provisioner are forbidden."],
  ["StorageClass", { provisioner }, { parameters: { type: "gp3" } }, "parameters: Forbidden: updates to parameters are forbidden."],
  [
    "StorageClass",
    { provisioner },
    { volumeBindingMode: "WaitForFirstConsumer" },
    'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
  ],
  ["StorageClass", { provisioner }, { allowVolumeExpansion: true }, undefined],
  ["ConfigMap", { data: { a: "b" }, immutable: true }, { data: { a: "c" } }, `data: Forbidden: ${immutable}`],
  ["ConfigMap", { data: { a: "b" }, immutable: true }, { immutable: false }, `immutable: Forbidden: ${immutable}`],
  ["Secret", { type: "Opaque" }, { type: "a/b" }, 'type: Invalid value: "a/b": field is immutable'],
  ["PriorityClass", { value: 5 }, { value: 6 }, "value: Forbidden: may not be changed in an update."],
  ["EndpointSlice", slice(), { addressType: "IPv6", endpoints: [] }, 'addressType: Invalid value: "IPv6": field is immutable'],
  [
    "ResourceQuota",
    { spec: { scopes: ["Terminating"] } },
    { spec: { scopes: ["NotTerminating"] } },
    'spec.scopes: Invalid value: ["NotTerminating"]: field is immutable',
  ],
  ["RuntimeClass", { handler: "runc" }, { handler: "kata" }, 'handler: Invalid value: "kata": field is immutable'],
];
testChanges(() => api, changes);
