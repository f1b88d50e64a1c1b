// Classes, drivers and endpoints: what is taken, what is refused, and the words.
import type { ChangeCase, CreateCase } from "../validation.ts";
import { contained, label1123, labelValue, namePart, standard, subdomain } from "./texts.ts";

const reserved = "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error:";
const classes: readonly CreateCase[] = [
  ["PriorityClass", { value: 1_000_000_000, preemptionPolicy: "Never" }, undefined],
  ["PriorityClass", { value: 1_000_000_001 }, "value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
  ["PriorityClass", { value: 1, metadata: { name: "system-mine" } }, `${reserved} system-mine is not a known system priority class`],
  [
    "PriorityClass",
    { value: 1, metadata: { name: "system-node-critical" } },
    `${reserved} value of system-node-critical PriorityClass must be 2000001000`,
  ],
  [
    "PriorityClass",
    { value: 2_000_000_000, globalDefault: true, metadata: { name: "system-cluster-critical" } },
    `${reserved} globalDefault of system-cluster-critical PriorityClass must be false`,
  ],
  [
    "PriorityClass",
    { value: 1, preemptionPolicy: "Odd" },
    'preemptionPolicy: Unsupported value: "Odd": supported values: "PreemptLowerPriority", "Never"',
  ],
  ["RuntimeClass", { handler: "runc", overhead: { podFixed: { cpu: "1" } }, scheduling: { nodeSelector: { a: "b" } } }, undefined],
  ["RuntimeClass", { handler: "" }, `handler: Invalid value: "": ${label1123}`],
  ["RuntimeClass", { handler: "A" }, `handler: Invalid value: "A": ${label1123}`],
  [
    "RuntimeClass",
    { handler: "a", overhead: { podFixed: { gpu: "1", cpu: "-1" } } },
    `[overhead.limits[gpu]: Invalid value: "gpu": ${standard}, overhead.limits[gpu]: Invalid value: "gpu": ${contained}, overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0]`,
  ],
  [
    "RuntimeClass",
    { handler: "a", scheduling: { nodeSelector: { "a b": "-" } } },
    `[scheduling.nodeSelector: Invalid value: "a b": ${namePart}, scheduling.nodeSelector: Invalid value: "-": ${labelValue}]`,
  ],
  [
    "RuntimeClass",
    {
      handler: "a",
      scheduling: {
        tolerations: [
          { key: "a", effect: "z" },
          { key: "a b", operator: "Exists" },
        ],
      },
    },
    `[scheduling.tolerations.tolerations[0].effect: Unsupported value: "z": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute", scheduling.tolerations.tolerations[1].key: Invalid value: "a b": ${namePart}]`,
  ],
  ["IngressClass", { spec: { controller: "example.com/c" } }, undefined],
  ["IngressClass", { spec: {} }, "spec.controller: Required value"],
  [
    "IngressClass",
    { spec: { controller: "c" } },
    'spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  ["IngressClass", { spec: { controller: "A/c" } }, `spec.controller: Invalid value: "A": ${subdomain}`],
  [
    "IngressClass",
    { spec: { controller: "a/b c" } },
    "spec.controller: Invalid value: \"b c\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
  ],
  ["IngressClass", { spec: { controller: `a/${"b".repeat(249)}` } }, "spec.controller: Too long: may not be more than 250 bytes", "newer"],
  [
    "IngressClass",
    { spec: { controller: "a/b", parameters: { kind: "", name: "", scope: "Cluster" } } },
    "[spec.parameters.kind: Required value: kind is required, spec.parameters.name: Required value: name is required]",
    "newer",
  ],
  ["PodDisruptionBudget", { spec: { minAvailable: 1 } }, undefined, "newer"],
  [
    "PodDisruptionBudget",
    { spec: { minAvailable: -1 } },
    "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0",
    "newer",
  ],
  [
    "PodDisruptionBudget",
    { spec: { maxUnavailable: "101%" } },
    'spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    "newer",
  ],
  ["Lease", { spec: { leaseDurationSeconds: 0 } }, "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"],
  ["Lease", { spec: { leaseTransitions: -1 } }, "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0", "newer"],
];

const provisioner = "ebs.csi.aws.com";
const topology = (...matchLabelExpressions: object[]) => ({ provisioner, allowedTopologies: [{ matchLabelExpressions }] });
const terms = "allowedTopologies[0].matchLabelExpressions";
const driver = (spec: object) => ({ spec: { attachRequired: true, podInfoOnMount: false, ...spec } });
const node = (...drivers: object[]) => ({ spec: { drivers } });
const attaching = (source: object, more: object = {}) => ({ spec: { attacher: provisioner, nodeName: "n", source, ...more } });
const volume = { persistentVolumeName: "v" };
const one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
const many = Object.fromEntries(Array.from({ length: 513 }, (_, i) => [`k${i}`, ""]));
const storage: readonly CreateCase[] = [
  ["StorageClass", { provisioner: "a b" }, `provisioner: Invalid value: "a b": ${namePart}`],
  ["StorageClass", { provisioner, parameters: { "": "x" } }, 'parameters: Invalid value: "": field can not be empty.'],
  ["StorageClass", { provisioner, parameters: many }, "parameters: Too long: may not be more than 512 bytes", "newer"],
  [
    "StorageClass",
    { provisioner, parameters: { a: "x".repeat(256 * 1024) } },
    "parameters: Too long: may not be more than 262144 bytes",
    "newer",
  ],
  ["StorageClass", topology({ key: "zone", values: ["a", "b"] }), undefined],
  ["StorageClass", topology({ key: "zone", values: [] }), `${terms}[0].values: Required value`],
  ["StorageClass", topology({ key: "zone", values: ["a", "a"] }), `${terms}[0].values[1]: Duplicate value: "a"`],
  ["StorageClass", topology({ key: "a b", values: ["a"] }), `${terms}[0].key: Invalid value: "a b": ${namePart}`],
  ["StorageClass", topology({ key: "a", values: ["a"] }, { key: "a", values: ["b"] }), `${terms}[1].key: Duplicate value: "a"`],
  ["CSIDriver", { spec: {} }, undefined],
  [
    "CSIDriver",
    driver({ fsGroupPolicy: "Odd" }),
    'spec.fsGroupPolicy: Unsupported value: "Odd": supported values: "File", "None", "ReadWriteOnceWithFSType"',
  ],
  [
    "CSIDriver",
    driver({ volumeLifecycleModes: ["Odd"] }),
    'spec.volumeLifecycleModes: Unsupported value: "Odd": supported values: "Persistent", "Ephemeral"',
  ],
  [
    "CSIDriver",
    driver({ tokenRequests: [{ audience: "a" }, { audience: "a" }] }),
    'spec.tokenRequests[1].audience: Duplicate value: "a"',
    "newer",
  ],
  [
    "CSIDriver",
    driver({ tokenRequests: [{ audience: "a", expirationSeconds: 599 }] }),
    "spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes",
    "newer",
  ],
  ["CSINode", node({ name: "a.b", nodeID: "i", topologyKeys: ["zone"], allocatable: { count: 5 } }), undefined],
  ["CSINode", node({ name: "a.b", nodeID: "" }), "spec.drivers[0].nodeID: Required value"],
  [
    "CSINode",
    node({ name: "", nodeID: "i" }),
    `[spec.drivers[0].name: Required value, spec.drivers[0].name: Invalid value: "": ${subdomain}]`,
  ],
  ["CSINode", node({ name: "a", nodeID: "i" }, { name: "a", nodeID: "i" }), 'spec.drivers[1].name: Duplicate value: "a"'],
  ["CSINode", node({ name: "a", nodeID: "i", topologyKeys: ["k", "k"] }), 'spec.drivers[0]: Duplicate value: "k"'],
  [
    "CSINode",
    node({ name: "a", nodeID: "i", allocatable: { count: -1 } }),
    "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
  ],
  ["VolumeAttachment", attaching(volume), undefined],
  ["VolumeAttachment", attaching({}), `spec.source: Required value: ${one}`],
  ["VolumeAttachment", attaching({ persistentVolumeName: "A" }), `spec.source.persistentVolumeName: Invalid value: "A": ${subdomain}`],
  ["VolumeAttachment", attaching(volume, { nodeName: "N" }), `spec.nodeName: Invalid value: "N": ${subdomain}`],
  ["VolumeAttachment", attaching(volume, { attacher: "a_b" }), `spec.attacher: Invalid value: "a_b": ${subdomain}`],
];

const slice = (endpoint: object, more: object = {}) => ({
  addressType: "IPv4",
  endpoints: [{ addresses: ["10.0.0.1"], ...endpoint }],
  ...more,
});
const fqdn = (name: string) => slice({ addresses: [name] }, { addressType: "FQDN" });
const ported = (...ports: object[]) => slice({}, { ports });
const first = "endpoints[0]";
const v4 = (address: string) => slice({ addresses: [address] });
const subset = (more: object) => ({ subsets: [{ addresses: [{ ip: "10.0.0.1" }], ...more }] });
const addressed = (more: object) => subset({ addresses: [{ ip: "10.0.0.1", ...more }] });
const endpoints: readonly CreateCase[] = [
  [
    "EndpointSlice",
    v4("10.0.0"),
    `[${first}.addresses[0]: Invalid value: "10.0.0": must be a valid IPv4 address, ${first}.addresses[0]: Invalid value: "10.0.0": must be a valid IP address]`,
    "newer",
  ],
  ["EndpointSlice", v4("0.0.0.0"), `${first}.addresses[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)`, "newer"],
  [
    "EndpointSlice",
    v4("127.0.0.9"),
    `${first}.addresses[0]: Invalid value: "127.0.0.9": may not be in the loopback range (127.0.0.0/8, ::1/128)`,
    "newer",
  ],
  [
    "EndpointSlice",
    v4("169.254.1.1"),
    `${first}.addresses[0]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)`,
    "newer",
  ],
  [
    "EndpointSlice",
    v4("224.0.0.1"),
    `${first}.addresses[0]: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)`,
    "newer",
  ],
  [
    "EndpointSlice",
    slice({ addresses: ["fe80::1"] }, { addressType: "IPv6" }),
    `${first}.addresses[0]: Invalid value: "fe80::1": may not be in the link-local range (169.254.0.0/16, fe80::/10)`,
    "newer",
  ],
  ["EndpointSlice", fqdn("a.example.com."), undefined, "newer"],
  [
    "EndpointSlice",
    fqdn("local"),
    `${first}.addresses[0]: Invalid value: "local": should be a domain with at least two segments separated by dots`,
    "newer",
  ],
  ["EndpointSlice", slice({ nodeName: "N" }), `${first}.nodeName: Invalid value: "N": ${subdomain}`, "newer"],
  ["EndpointSlice", slice({ hostname: "a.b" }), `${first}.hostname: Invalid value: "a.b": ${label1123}`, "newer"],
  [
    "EndpointSlice",
    slice({ hints: { forZones: [{ name: "a" }, { name: "a" }] } }),
    `${first}.hints.forZones[1].name: Duplicate value: "a"`,
    "newer",
  ],
  [
    "EndpointSlice",
    slice({ hints: { forZones: [{ name: "a b" }] } }),
    `${first}.hints.forZones[0].name: Invalid value: "a b": ${labelValue}`,
    "newer",
  ],
  ["EndpointSlice", ported({ name: "a", port: 80 }, { name: "a", port: 81 }), 'ports[1].name: Duplicate value: "a"', "newer"],
  ["EndpointSlice", ported({ name: "A", port: 80 }), `ports[0].name: Invalid value: "A": ${label1123}`, "newer"],
  [
    "EndpointSlice",
    ported({ protocol: "X" }),
    'ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    "newer",
  ],
  ["EndpointSlice", ported({ appProtocol: "a b" }), `ports[0].appProtocol: Invalid value: "a b": ${namePart}`, "newer"],
  ["Endpoints", subset({ ports: [{ port: 80 }] }), undefined],
  ["Endpoints", { subsets: [{}] }, "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
  [
    "Endpoints",
    addressed({ ip: "10.0" }),
    '[subsets[0].addresses[0].ip: Invalid value: "10.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), subsets[0].addresses[0].ip: Invalid value: "10.0": must be a valid IP address]',
    "newer",
  ],
  [
    "Endpoints",
    addressed({ ip: "127.0.0.1" }),
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    "newer",
  ],
  ["Endpoints", addressed({ hostname: "a.b" }), `subsets[0].addresses[0].hostname: Invalid value: "a.b": ${label1123}`],
  ["Endpoints", addressed({ nodeName: "N" }), `subsets[0].addresses[0].nodeName: Invalid value: "N": ${subdomain}`],
  ["Endpoints", subset({ ports: [{ port: 80 }, { name: "b", port: 81 }] }), "subsets[0].ports[0].name: Required value"],
  ["Endpoints", subset({ ports: [{ port: 0 }] }), "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
  [
    "Endpoints",
    subset({ ports: [{ port: 1, protocol: "X" }] }),
    'subsets[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
  ],
];

export const classCreations: readonly CreateCase[] = [...classes, ...storage, ...endpoints];

export const classChanges: readonly ChangeCase[] = [
  ["PriorityClass", { value: 5 }, { value: 6 }, "value: Forbidden: may not be changed in an update.", "newer"],
  ["PriorityClass", { value: 5 }, { preemptionPolicy: "Never" }, 'preemptionPolicy: Invalid value: "Never": field is immutable'],
  ["PriorityClass", { value: 5 }, { globalDefault: true, description: "d" }, undefined],
  [
    "RuntimeClass",
    { handler: "runc" },
    { handler: "A" },
    `[handler: Invalid value: "A": ${label1123}, handler: Invalid value: "A": field is immutable]`,
  ],
  [
    "IngressClass",
    { spec: { controller: "a/b" } },
    { spec: { controller: "a/c" } },
    'spec.controller: Invalid value: "a/c": field is immutable',
  ],
  [
    "CSIDriver",
    driver({}),
    { spec: { attachRequired: false } },
    "spec.attachedRequired: Invalid value: false: field is immutable",
    "newer",
  ],
  ["VolumeAttachment", attaching(volume), { metadata: { labels: { a: "b" } } }, undefined],
  [
    "VolumeAttachment",
    attaching(volume),
    { spec: { nodeName: "m" } },
    `spec: Invalid value: {"attacher":"${provisioner}","nodeName":"m","source":{"persistentVolumeName":"v"}}: field is immutable`,
    "newer",
  ],
  [
    "EndpointSlice",
    slice({}),
    { endpoints: [{ addresses: ["10.0.0.2"], hostname: "" }] },
    `endpoints[0].hostname: Invalid value: "": ${label1123}`,
    "newer",
  ],
];
