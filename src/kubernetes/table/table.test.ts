import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinRegistry } from "../schema/registry.ts";
import { acceptedRepresentation, compileJsonPath, humanDuration, partialMetadataList, toTable } from "./index.ts";
import { atMostThree, selectorText } from "./text.ts";

const now = Date.parse("2026-01-10T00:00:00Z");
const metadata = { name: "x", namespace: "ns", creationTimestamp: "2026-01-09T00:00:00Z" };

/** The row as kubectl shows it: wide columns only where asked. */
function row(group: string, kind: string, object: object, wide = false, minor = 35): Record<string, unknown> {
  const table = toTable({ group, kind }, [{ metadata, ...object }], { now, minor });
  const entries = table.columnDefinitions!.map((column, index) => [column, table.rows[0]!.cells[index]] as const);
  return Object.fromEntries(entries.filter(([column]) => wide || column.priority === 0).map(([column, cell]) => [column.name, cell]));
}

test("ages are printed in at most two units", () => {
  const second = 1000;
  const hour = 3600 * second;
  const day = 24 * hour;
  const cases: [number, string][] = [
    [-5 * second, "<invalid>"],
    [-second, "0s"],
    [0, "0s"],
    [119 * second, "119s"],
    [120 * second, "2m"],
    [125 * second, "2m5s"],
    [11 * 60 * second, "11m"],
    [179 * 60 * second, "179m"],
    [3 * hour, "3h"],
    [3 * hour + 60 * second, "3h1m"],
    [8 * hour + 60 * second, "8h"],
    [47 * hour, "47h"],
    [49 * hour, "2d1h"],
    [8 * day, "8d"],
    [729 * day, "729d"],
    [730 * day, "2y"],
    [800 * day, "2y70d"],
    [9 * 365 * day, "9y"],
  ];
  for (const [span, text] of cases) assert.equal(humanDuration(span), text);
});

test("every printer gives as many cells as columns, even for an empty object", () => {
  for (const minor of [29, 35])
    for (const { group, kind } of builtinRegistry(minor).resources) {
      const table = toTable({ group, kind }, [{ metadata }], { now, minor });
      assert.equal(table.rows[0]!.cells.length, table.columnDefinitions!.length, `${group}/${kind}`);
      assert.ok(
        table.rows[0]!.cells.every((cell) => cell !== undefined),
        `${group}/${kind}`,
      );
    }
});

test("workloads", () => {
  const template = {
    spec: {
      containers: [
        { name: "a", image: "i:1" },
        { name: "b", image: "j" },
      ],
    },
  };
  const selector = { matchLabels: { app: "x" }, matchExpressions: [{ key: "a", operator: "NotIn", values: ["2", "1"] }] };
  assert.deepEqual(
    row("apps", "Deployment", { spec: { replicas: 3, template, selector }, status: { readyReplicas: 1, updatedReplicas: 3 } }, true),
    {
      Name: "x",
      Ready: "1/3",
      "Up-to-date": 3,
      Available: 0,
      Age: "24h",
      Containers: "a,b",
      Images: "i:1,j",
      Selector: "a notin (1,2),app=x",
    },
  );
  const done = { completions: 2, parallelism: 1 };
  const finished = {
    succeeded: 2,
    startTime: "2026-01-09T00:00:00Z",
    completionTime: "2026-01-09T00:01:30Z",
    conditions: [{ type: "Complete", status: "True" }],
  };
  assert.deepEqual(row("batch", "Job", { spec: done, status: finished }), {
    Name: "x",
    Status: "Complete",
    Completions: "2/2",
    Duration: "90s",
    Age: "24h",
  });
  assert.deepEqual(row("batch", "Job", { spec: { parallelism: 3 } }, false, 30), {
    Name: "x",
    Completions: "0/1 of 3",
    Duration: "",
    Age: "24h",
  });
  assert.equal(row("batch", "CronJob", { spec: { schedule: "* * * * *", suspend: false }, status: { active: [{}] } }).Suspend, "False");
  assert.equal(
    row("apps", "DaemonSet", { spec: { template: { spec: { nodeSelector: { b: "2", a: "1" } } } } })["Node Selector"],
    "a=1,b=2",
  );
});

test("autoscalers name their metric from 1.30 on", () => {
  const spec = {
    scaleTargetRef: { kind: "Deployment", name: "web" },
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
      { type: "External", external: { metric: { name: "q" }, target: { averageValue: "10" } } },
      { type: "Pods", pods: { target: { averageValue: "3" } } },
    ],
  };
  const status = {
    currentReplicas: 2,
    currentMetrics: [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: 10 } } }],
  };
  const cells = row("autoscaling", "HorizontalPodAutoscaler", { spec, status });
  assert.equal(cells.Targets, "cpu: 10%/80%, <unknown>/10 (avg) + 1 more...");
  assert.equal(cells.Reference, "Deployment/web");
  assert.equal(
    row("autoscaling", "HorizontalPodAutoscaler", { spec, status }, false, 29).Targets,
    "10%/80%, <unknown>/10 (avg) + 1 more...",
  );
  assert.equal(
    row("autoscaling", "HorizontalPodAutoscaler", { spec: { targetCPUUtilizationPercentage: 50 } }).Targets,
    "cpu: <unknown>/50%",
  );
});

test("services show where they can be reached", () => {
  const ports = [
    { port: 80, protocol: "TCP", nodePort: 30080 },
    { port: 53, protocol: "UDP" },
  ];
  const cases: [object, object | undefined, string][] = [
    [{ type: "ClusterIP" }, undefined, "<none>"],
    [{ type: "ClusterIP", externalIPs: ["1.2.3.4", "1.2.3.5"] }, undefined, "1.2.3.4,1.2.3.5"],
    [{ type: "LoadBalancer" }, undefined, "<pending>"],
    [{ type: "LoadBalancer" }, { loadBalancer: { ingress: [{ hostname: "b.elb" }, { ip: "9.9.9.9" }] } }, "9.9.9.9,b.elb"],
    [{ type: "LoadBalancer", externalIPs: ["1.1.1.1"] }, undefined, "1.1.1.1"],
    [{ type: "ExternalName", externalName: "example.com" }, undefined, "example.com"],
  ];
  for (const [spec, status, expected] of cases) assert.equal(row("", "Service", { spec, status })["External-IP"], expected);
  assert.equal(row("", "Service", { spec: { type: "NodePort", ports } })["Port(s)"], "80:30080/TCP,53/UDP");
});

test("nodes", () => {
  const status = {
    conditions: [{ type: "Ready", status: "False" }],
    addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
    nodeInfo: { kubeletVersion: "v1.33.0-eks" },
  };
  const labels = { "node-role.kubernetes.io/infra": "", "node-role.kubernetes.io/": "", "kubernetes.io/role": "gpu" };
  const cells = row("", "Node", { metadata: { ...metadata, labels }, spec: { unschedulable: true }, status }, true);
  assert.equal(cells.Status, "NotReady,SchedulingDisabled");
  assert.equal(cells.Roles, "gpu,infra");
  assert.equal(cells["External-IP"], "<none>");
  assert.equal(row("", "Node", {}).Status, "Unknown");
});

test("events of both groups read alike", () => {
  const core = {
    involvedObject: { kind: "Pod", name: "p" },
    type: "Normal",
    reason: "Pulled",
    message: " hi ",
    firstTimestamp: "2026-01-09T23:59:00Z",
    lastTimestamp: "2026-01-09T23:59:50Z",
    count: 3,
    source: { component: "kubelet", host: "n" },
  };
  const modern = {
    regarding: { kind: "Pod", name: "p" },
    type: "Normal",
    reason: "Pulled",
    note: "hi",
    eventTime: "2026-01-09T23:59:00.000000Z",
    reportingController: "kubelet",
    reportingInstance: "n",
  };
  const first = row("", "Event", core, true);
  const second = row("events.k8s.io", "Event", modern, true);
  assert.equal(first["Last Seen"], "10s");
  assert.equal(first.Count, 3);
  assert.equal(second["Last Seen"], "60s");
  assert.equal(second.Count, 1);
  for (const name of ["Object", "Message", "Source", "First Seen"]) assert.equal(first[name], second[name], name);
  assert.equal(first.Object, "pod/p");
});

test("cluster machinery", () => {
  assert.equal(
    row("storage.k8s.io", "StorageClass", {
      metadata: { ...metadata, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: "ebs.csi.aws.com",
    }).Name,
    "x (default)",
  );
  const conditions = [{ type: "Approved" }];
  assert.equal(
    row("certificates.k8s.io", "CertificateSigningRequest", {
      spec: { expirationSeconds: 86400 },
      status: { conditions, certificate: "x" },
    }).Condition,
    "Approved,Issued",
  );
  assert.equal(
    row("apiregistration.k8s.io", "APIService", {
      status: { conditions: [{ type: "Available", status: "False", reason: "MissingEndpoints" }] },
    }).Available,
    "False (MissingEndpoints)",
  );
  const subjects = [
    { kind: "User", name: "u" },
    { kind: "ServiceAccount", name: "s", namespace: "n" },
  ];
  assert.equal(
    row("rbac.authorization.k8s.io", "RoleBinding", { roleRef: { kind: "Role", name: "r" }, subjects }, true).ServiceAccounts,
    "n/s",
  );
  assert.deepEqual(row("rbac.authorization.k8s.io", "Role", {}), { Name: "x", "Created At": metadata.creationTimestamp });
  assert.equal(
    row("", "PersistentVolume", { spec: { accessModes: ["ReadWriteMany", "ReadWriteOnce"], claimRef: { namespace: "n", name: "c" } } })[
      "Access Modes"
    ],
    "RWO,RWX",
  );
});

test("quotas show what is used of what is granted", () => {
  const status = { hard: { "requests.cpu": "2", "limits.memory": "1Gi", pods: "5" }, used: { pods: "1" } };
  const expected = { Name: "x", Request: "pods: 1/5, requests.cpu: 0/2", Limit: "limits.memory: 0/1Gi", Age: "24h" };
  for (const minor of [29, 35]) assert.deepEqual(row("", "ResourceQuota", { status }, false, minor), expected);
});

test("flow schemas stand in the order they are tried", () => {
  const flow = (name: string, matchingPrecedence: number) => ({ metadata: { name }, spec: { matchingPrecedence } });
  const list = [flow("c", 9000), flow("b", 2), flow("a", 9000)];
  const table = toTable({ group: "flowcontrol.apiserver.k8s.io", kind: "FlowSchema" }, list, { now });
  assert.deepEqual(
    table.rows.map(({ cells }) => cells[0]),
    ["b", "a", "c"],
  );
});

test("custom resources print their declared columns", () => {
  const printerColumns = [
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Size", type: "integer", jsonPath: ".spec.size", priority: 1 },
    { name: "Since", type: "date", jsonPath: ".status.at" },
    { name: "All", type: "string", jsonPath: ".spec.names[*]" },
    { name: "Bad", type: "string", jsonPath: ".spec[?(" },
  ];
  const object = {
    metadata,
    spec: { size: "big", names: ["a", 1, { b: true }] },
    status: { at: "2026-01-09T23:00:00Z", conditions: [{ type: "Other" }, { type: "Ready", status: "True" }] },
  };
  const table = toTable({ group: "example.com", kind: "Widget", printerColumns }, [object], { now });
  assert.deepEqual(table.rows[0]!.cells, ["x", "True", null, "60m", 'a 1 {"b":true}', null]);
  const plain = toTable({ group: "example.com", kind: "Widget", printerColumns: [] }, [object], { now });
  assert.deepEqual(
    plain.columnDefinitions!.map(({ name }) => name),
    ["Name", "Age"],
  );
});

test("JSON paths", () => {
  const object = { a: { "b.c": [{ n: 1, s: "x" }, { n: 2 }], d: { e: [1, 2, 3, 4] } } };
  const cases: [string, unknown[] | undefined][] = [
    [".a['b.c'][0].n", [1]],
    [".a.b\\.c[1].n", [2]],
    ["{.a.d.e[-1]}", [4]],
    ["$.a.d.e[1:3]", [2, 3]],
    [".a.d.e[*]", [1, 2, 3, 4]],
    ["..n", [1, 2]],
    ['.a["b.c"][?(@.s)].n', [1]],
    [".a['b.c'][?(@.n>=2)].n", [2]],
    [".a.none", []],
    [".a[", undefined],
    [".a[?(nonsense)]", undefined],
  ];
  for (const [path, expected] of cases) assert.deepEqual(compileJsonPath(path)?.(object), expected, path);
  assert.deepEqual(compileJsonPath(".__proto__")?.(object), []);
});

test("rows carry as much of the object as is asked for", () => {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "b" } };
  const make = (includeObject: "None" | "Metadata" | "Object") =>
    toTable({ group: "", kind: "ConfigMap" }, [object], { now, includeObject }).rows[0]!;
  assert.equal(make("None").object, undefined);
  assert.deepEqual(make("Metadata").object, { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata });
  assert.equal(make("Object").object, object);
  assert.equal(toTable({ group: "", kind: "ConfigMap" }, [object], { now, noHeaders: true }).columnDefinitions, null);
  assert.equal((partialMetadataList([object], { resourceVersion: "5" }, "v1beta1") as any).items[0].apiVersion, "meta.k8s.io/v1beta1");
});

test("the Accept header chooses the representation", () => {
  const kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
  const cases: [string | undefined, object | undefined][] = [
    [kubectl, { as: "Table", version: "v1" }],
    [
      "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
      { as: "PartialObjectMetadataList", version: "v1" },
    ],
    ["application/vnd.kubernetes.protobuf,application/json", { as: "object" }],
    ["*/*", { as: "object" }],
    [undefined, { as: "object" }],
    ["application/json;as=Table;v=v2;g=meta.k8s.io,application/json", { as: "object" }],
    ["text/html", undefined],
  ];
  for (const [accept, expected] of cases) assert.deepEqual(acceptedRepresentation(accept), expected, String(accept));
});

test("short texts", () => {
  assert.equal(
    selectorText({
      matchExpressions: [
        { key: "b", operator: "Exists" },
        { key: "a", operator: "DoesNotExist" },
        { key: "c", operator: "In", values: ["1"] },
      ],
    }),
    "!a,b,c in (1)",
  );
  assert.equal(selectorText(undefined), "");
  assert.equal(atMostThree(["1", "2", "3", "4", "5"], ""), "1,2,3 + 2 more...");
});
