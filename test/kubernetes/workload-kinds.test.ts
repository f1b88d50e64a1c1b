// What writers of pods, workloads and jobs are told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";
import { type ChangeCase, type CreateCase, testChanges, testCreations } from "./validation.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
  await api.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
});
after(() => api?.close());

const main = { name: "a", image: "nginx" };
const pod = (container: object, more: object = {}) => ({ spec: { containers: [{ ...main, ...container }], ...more } });
const labels = { app: "a" };
const template = (more: object = {}) => ({ metadata: { labels }, spec: { containers: [main], ...more } });
const controlled = (more: object = {}, podMore: object = {}) => ({
  spec: { selector: { matchLabels: labels }, template: template(podMore), ...more },
});
const set = (more: object = {}) => controlled({ serviceName: "s", ...more });
const once = { spec: { containers: [main], restartPolicy: "Never" } };
const job = (more: object = {}) => ({ spec: { template: once, ...more } });
const cron = (more: object = {}) => ({ spec: { schedule: "* * * * *", jobTemplate: { spec: { template: once } }, ...more } });
const c0 = "spec.containers[0]";

const creations: CreateCase[] = [
  ["Pod", pod({}), undefined],
  ["Pod", { spec: {} }, "spec.containers: Required value"],
  ["Pod", pod({ image: "" }), `${c0}.image: Required value`],
  [
    "Pod",
    pod({ ports: [{ containerPort: 70000 }] }),
    `${c0}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`,
  ],
  [
    "Pod",
    pod({ ports: [{ containerPort: 80, name: "much-too-long-name" }] }),
    `${c0}.ports[0].name: Invalid value: "much-too-long-name": must be no more than 15 characters`,
  ],
  ["Pod", pod({ env: [{ name: "1-is.fine" }] }), undefined],
  [
    "Pod",
    pod({ env: [{ name: "a=b" }] }),
    `${c0}.env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='`,
  ],
  [
    "Pod",
    pod({ env: [{ name: "A", valueFrom: {} }] }),
    `${c0}.env[0].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\` or \`secretKeyRef\``,
  ],
  ["Pod", pod({ envFrom: [{}] }), `${c0}.envFrom[0]: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``],
  ["Pod", pod({ livenessProbe: {} }), `${c0}.livenessProbe: Required value: must specify a handler type`],
  [
    "Pod",
    pod({ livenessProbe: { exec: { command: ["a"] }, successThreshold: 2 } }),
    `${c0}.livenessProbe.successThreshold: Invalid value: 2: must be 1`,
  ],
  [
    "Pod",
    pod({ readinessProbe: { tcpSocket: { port: 0 } } }),
    `${c0}.readinessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
  ],
  [
    "Pod",
    pod({ readinessProbe: { exec: { command: ["a"] }, tcpSocket: { port: 1 } } }),
    `${c0}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`,
  ],
  ["Pod", pod({ volumeMounts: [{ name: "x", mountPath: "/x" }] }), `${c0}.volumeMounts[0].name: Not found: "x"`],
  [
    "Pod",
    pod({ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
    `${c0}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
  ],
  [
    "Pod",
    pod({ resources: { requests: { "nvidia.com/gpu": "1" } } }),
    `${c0}.resources.limits: Required value: Limit must be set for non overcommitable resources`,
  ],
  [
    "Pod",
    pod({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    `${c0}.securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set \`allowPrivilegeEscalation\` to false and \`privileged\` to true`,
  ],
  [
    "Pod",
    pod({}, { initContainers: [{ name: "i", image: "b", livenessProbe: { exec: { command: ["a"] } } }] }),
    "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
  ],
  [
    "Pod",
    pod({}, { dnsPolicy: "None" }),
    "spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None",
  ],
  [
    "Pod",
    pod({}, { volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/x" } }] }),
    "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
  ],
  [
    "Pod",
    pod({}, { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }] }),
    "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
  ],
  [
    "Pod",
    pod({}, { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {} }] } } }),
    "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty",
  ],
  [
    "Pod",
    pod({}, { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, preference: {} }] } } }),
    "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100",
  ],
  ["Deployment", controlled(), undefined],
  [
    "Deployment",
    controlled({ selector: { matchLabels: { app: "b" } } }),
    'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
  ],
  ["Deployment", controlled({ selector: {} }), "spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
  ["Deployment", controlled({ replicas: -1 }), "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
  [
    "Deployment",
    controlled({ strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
  ],
  [
    "Deployment",
    controlled({ strategy: { type: "Recreate", rollingUpdate: {} } }),
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ],
  [
    "Deployment",
    controlled({}, { restartPolicy: "Never" }),
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    "Deployment",
    controlled({}, { activeDeadlineSeconds: 5 }),
    "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported",
  ],
  [
    "DaemonSet",
    controlled({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }),
    "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
  ],
  [
    "StatefulSet",
    set({ podManagementPolicy: "Serial" }),
    `spec.podManagementPolicy: Invalid value: "Serial": must be 'OrderedReady' or 'Parallel'`,
  ],
  [
    "StatefulSet",
    set({ updateStrategy: { type: "OnDelete", rollingUpdate: { partition: 1 } } }),
    `spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`,
  ],
  ["Job", job(), undefined],
  [
    "Job",
    { spec: { template: { spec: { containers: [main] } } } },
    'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  ["Job", job({ completionMode: "Indexed", parallelism: 2 }), "spec.completions: Required value: when completion mode is Indexed"],
  ["Job", job({ backoffLimitPerIndex: 1 }), "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"],
  [
    "Job",
    job({ successPolicy: { rules: [{ succeededCount: 1 }] } }),
    'spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: requires indexed completion mode',
  ],
  [
    "Job",
    job({ completionMode: "Indexed", completions: 2, successPolicy: { rules: [{ succeededIndexes: "0", succeededCount: 2 }] } }),
    "spec.successPolicy.rules[0].succeededCount: Invalid value: 2: must be less than or equal to 1 (the number of indexes in the specified succeededIndexes field)",
  ],
  [
    "Job",
    job({ podReplacementPolicy: "Soon" }),
    'spec.podReplacementPolicy: Unsupported value: "Soon": supported values: "Failed", "TerminatingOrFailed"',
  ],
  ["Job", job({ managedBy: "me" }), 'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
  [
    "Job",
    job({ podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [0] } }] } }),
    "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator",
  ],
  ["CronJob", cron(), undefined],
  ["CronJob", cron({ schedule: "* * * *" }), 'spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
  ["CronJob", cron({ timeZone: "Mars/Base" }), 'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
  [
    "CronJob",
    cron({ concurrencyPolicy: "Maybe" }),
    'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"',
  ],
  [
    "CronJob",
    cron({ successfulJobsHistoryLimit: -1 }),
    "spec.successfulJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
  ],
];
testCreations(() => api, creations);

const sets =
  "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

const changes: ChangeCase[] = [
  ["Deployment", controlled(), { spec: { template: { spec: { terminationGracePeriodSeconds: 5 } } } }, undefined],
  [
    "Deployment",
    controlled(),
    { spec: { selector: { matchLabels: { app: "b" } }, template: { metadata: { labels: { app: "b" } } } } },
    'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
  ],
  [
    "DaemonSet",
    controlled(),
    { spec: { selector: { matchLabels: { app: "b" } }, template: { metadata: { labels: { app: "b" } } } } },
    'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
  ],
  ["StatefulSet", set(), { spec: { replicas: 3 } }, undefined],
  ["StatefulSet", set(), { spec: { serviceName: "t" } }, sets],
  ["Job", job({ completions: 2 }), { spec: { parallelism: 2 } }, undefined],
  ["Job", job({ completions: 2 }), { spec: { completions: 3 } }, "spec.completions: Invalid value: 3: field is immutable"],
  ["Job", job({ completionMode: "Indexed", completions: 2, parallelism: 2 }), { spec: { completions: 3, parallelism: 3 } }, undefined],
  ["Job", job(), { spec: { managedBy: "example.com/x" } }, 'spec.managedBy: Invalid value: "example.com/x": field is immutable'],
  ["Job", job({ suspend: true }), { spec: { template: { spec: { nodeSelector: { zone: "a" } } } } }, undefined],
];
testChanges(() => api, changes);

test("a pod's frozen fields are shown with the difference", async () => {
  const path = "/api/v1/namespaces/default/pods";
  await api.call("POST", path, "admin", { apiVersion: "v1", kind: "Pod", metadata: { name: "frozen" }, ...pod({}) });
  const body = { spec: { restartPolicy: "Never" } };
  const { json } = await api.call("PATCH", `${path}/frozen`, "admin", body, { "content-type": "application/merge-patch+json" });
  const [first, hunk, ...lines] = json.message.split("\n");
  const allowed = [
    "`spec.containers[*].image`",
    "`spec.initContainers[*].image`",
    "`spec.activeDeadlineSeconds`",
    "`spec.tolerations` (only additions to existing tolerations)",
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
  ];
  assert.equal(first, `Pod "frozen" is invalid: spec: Forbidden: pod updates may not change fields other than ${allowed.join(",")}`);
  assert.match(hunk, /^@@ -\d+,7 \+\d+,7 @@$/);
  assert.deepEqual(lines.slice(2, 6), [
    '  "EphemeralContainers": null,',
    '- "RestartPolicy": "Always",',
    '+ "RestartPolicy": "Never",',
    '  "TerminationGracePeriodSeconds": 30,',
  ]);
});
