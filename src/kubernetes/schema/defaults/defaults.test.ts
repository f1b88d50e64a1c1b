import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinRegistry } from "../registry.ts";
import { apiVersionOf } from "../resource.ts";
import { checkFields } from "../validate.ts";
import { defaultPullPolicy, imageTag } from "./image.ts";
import { applyDefaults } from "./index.ts";

function defaulted(apiVersion: string, kind: string, object: any): any {
  applyDefaults(apiVersion, kind, object);
  assert.deepEqual(checkFields(apiVersion, kind, object), { unknown: [] }, "defaults fit the type");
  return object;
}

const container = { imagePullPolicy: "Always", terminationMessagePath: "/dev/termination-log", terminationMessagePolicy: "File" };
const podSpec = {
  dnsPolicy: "ClusterFirst",
  restartPolicy: "Always",
  securityContext: {},
  terminationGracePeriodSeconds: 30,
  schedulerName: "default-scheduler",
};

test("a pod", () => {
  const pod = {
    spec: {
      containers: [
        {
          name: "c",
          image: "nginx",
          ports: [{ containerPort: 80 }],
          resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } },
        },
      ],
    },
  };
  assert.deepEqual(defaulted("v1", "Pod", pod).spec, {
    ...podSpec,
    enableServiceLinks: true,
    containers: [
      {
        name: "c",
        image: "nginx",
        ports: [{ containerPort: 80, protocol: "TCP" }],
        resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m", memory: "1Gi" } },
        ...container,
      },
    ],
  });
});

test("a template takes the pod's defaults but not those of pods alone", () => {
  const deployment = defaulted("apps/v1", "Deployment", {
    spec: { template: { spec: { containers: [{ name: "c", image: "a:1", resources: { limits: { cpu: "1" } } }] } } },
  });
  assert.deepEqual(deployment.spec, {
    replicas: 1,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    template: {
      spec: {
        ...podSpec,
        containers: [{ name: "c", image: "a:1", resources: { limits: { cpu: "1" } }, ...container, imagePullPolicy: "IfNotPresent" }],
      },
    },
  });
});

test("host network lends container ports to the host; service accounts have two names", () => {
  const pod = defaulted("v1", "Pod", {
    spec: {
      hostNetwork: true,
      serviceAccountName: "robot",
      containers: [{ name: "c", ports: [{ containerPort: 80 }, { containerPort: 81, hostPort: 8081 }] }],
    },
  });
  assert.deepEqual(
    pod.spec.containers[0].ports.map(({ hostPort }: any) => hostPort),
    [80, 8081],
  );
  assert.equal(pod.spec.serviceAccount, "robot");
  assert.equal(defaulted("v1", "Pod", { spec: { serviceAccount: "old" } }).spec.serviceAccountName, "old");
});

test("probes and handlers, wherever they stand", () => {
  const probes = {
    livenessProbe: { httpGet: { port: 80 } },
    startupProbe: { grpc: { port: 9 }, periodSeconds: 3 },
    lifecycle: { preStop: { httpGet: { port: 1, path: "/bye" } } },
  };
  const [found] = defaulted("v1", "Pod", { spec: { initContainers: [{ name: "i", ...probes }] } }).spec.initContainers;
  assert.deepEqual(found.livenessProbe, {
    httpGet: { port: 80, path: "/", scheme: "HTTP" },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  assert.deepEqual(found.startupProbe, {
    grpc: { port: 9, service: "" },
    timeoutSeconds: 1,
    periodSeconds: 3,
    successThreshold: 1,
    failureThreshold: 3,
  });
  assert.deepEqual(found.lifecycle.preStop.httpGet, { port: 1, path: "/bye", scheme: "HTTP" });
});

test("volumes", () => {
  const volumes = [
    { name: "none" },
    { name: "s", secret: { secretName: "x" } },
    { name: "c", configMap: { name: "x", defaultMode: 256 } },
    { name: "h", hostPath: { path: "/" } },
    {
      name: "p",
      projected: {
        sources: [
          { serviceAccountToken: { path: "t" } },
          { downwardAPI: { items: [{ path: "l", fieldRef: { fieldPath: "metadata.labels" } }] } },
        ],
      },
    },
    { name: "e", ephemeral: { volumeClaimTemplate: { spec: {} } } },
    { name: "d", emptyDir: null },
  ];
  const [none, secret, configMap, host, projected, ephemeral, nothing] = defaulted("v1", "Pod", { spec: { volumes } }).spec.volumes;
  assert.deepEqual(none, { name: "none", emptyDir: {} });
  assert.equal(secret.secret.defaultMode, 420);
  assert.equal(configMap.configMap.defaultMode, 256);
  assert.equal(host.hostPath.type, "");
  assert.equal(projected.projected.defaultMode, 420);
  assert.equal(projected.projected.sources[0].serviceAccountToken.expirationSeconds, 3600);
  assert.equal(projected.projected.sources[1].downwardAPI.items[0].fieldRef.apiVersion, "v1");
  assert.equal(ephemeral.ephemeral.volumeClaimTemplate.spec.volumeMode, "Filesystem");
  assert.deepEqual(nothing.emptyDir, {});
});

test("services", () => {
  assert.deepEqual(defaulted("v1", "Service", { spec: { ports: [{ port: 80 }, { port: 53, targetPort: "dns", protocol: "UDP" }] } }).spec, {
    ports: [
      { port: 80, protocol: "TCP", targetPort: 80 },
      { port: 53, targetPort: "dns", protocol: "UDP" },
    ],
    sessionAffinity: "None",
    type: "ClusterIP",
    internalTrafficPolicy: "Cluster",
  });
  const balanced = defaulted("v1", "Service", {
    spec: { type: "LoadBalancer" },
    status: { loadBalancer: { ingress: [{ ip: "1.1.1.1" }, { hostname: "h" }] } },
  });
  assert.equal(balanced.spec.externalTrafficPolicy, "Cluster");
  assert.equal(balanced.spec.allocateLoadBalancerNodePorts, true);
  assert.deepEqual(balanced.status.loadBalancer.ingress, [{ ip: "1.1.1.1", ipMode: "VIP" }, { hostname: "h" }]);
  const external = defaulted("v1", "Service", { spec: { type: "ExternalName", externalName: "x" } });
  assert.equal(external.spec.internalTrafficPolicy, undefined);
  const sticky = defaulted("v1", "Service", { spec: { sessionAffinity: "ClientIP" } });
  assert.equal(sticky.spec.sessionAffinityConfig.clientIP.timeoutSeconds, 10800);
});

test("controllers of pods", () => {
  const set = defaulted("apps/v1", "StatefulSet", { spec: { volumeClaimTemplates: [{ metadata: { name: "d" }, spec: {} }] } }).spec;
  assert.deepEqual(set.updateStrategy, { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, partition: 0 } });
  assert.deepEqual(set.persistentVolumeClaimRetentionPolicy, { whenDeleted: "Retain", whenScaled: "Retain" });
  assert.deepEqual(set.volumeClaimTemplates[0], {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "d" },
    spec: { volumeMode: "Filesystem" },
    status: { phase: "Pending" },
  });
  assert.deepEqual(defaulted("apps/v1", "DaemonSet", {}).spec.updateStrategy, {
    type: "RollingUpdate",
    rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
  });
  assert.deepEqual(defaulted("apps/v1", "Deployment", { spec: { strategy: { type: "Recreate" } } }).spec.strategy, { type: "Recreate" });
  assert.equal(defaulted("apps/v1", "ReplicaSet", { spec: { replicas: 0 } }).spec.replicas, 0);
});

test("jobs", () => {
  const job = defaulted("batch/v1", "Job", { spec: { template: { metadata: { labels: { a: "b" } } } } });
  assert.deepEqual(job.metadata.labels, { a: "b" });
  const { template: _, ...spec } = job.spec;
  assert.deepEqual(spec, {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: "NonIndexed",
    suspend: false,
    podReplacementPolicy: "TerminatingOrFailed",
  });
  const queue = defaulted("batch/v1", "Job", {
    spec: { parallelism: 2, podFailurePolicy: { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }] } },
  }).spec;
  assert.equal(queue.completions, undefined);
  assert.equal(queue.podReplacementPolicy, "Failed");
  assert.equal(queue.podFailurePolicy.rules[0].onPodConditions[0].status, "True");
  assert.equal(defaulted("batch/v1", "Job", { spec: { backoffLimitPerIndex: 1 } }).spec.backoffLimit, 2147483647);
  const cron = defaulted("batch/v1", "CronJob", { spec: { jobTemplate: { spec: {} } } }).spec;
  assert.equal(cron.successfulJobsHistoryLimit, 3);
  assert.deepEqual(cron.jobTemplate, { spec: {} });
});

test("autoscalers", () => {
  const spec = defaulted("autoscaling/v2", "HorizontalPodAutoscaler", {
    spec: { maxReplicas: 3, behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } },
  }).spec;
  assert.equal(spec.minReplicas, 1);
  assert.equal(spec.metrics[0].resource.target.averageUtilization, 80);
  assert.deepEqual(spec.behavior.scaleDown, {
    stabilizationWindowSeconds: 5,
    selectPolicy: "Max",
    policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
  });
  assert.equal(spec.behavior.scaleUp.policies.length, 2);
});

test("secrets, namespaces, limits, volumes", () => {
  assert.deepEqual(defaulted("v1", "Secret", { data: { a: "eA==" }, stringData: { b: "ü" } }), {
    type: "Opaque",
    data: { a: "eA==", b: "w7w=" },
  });
  assert.deepEqual(defaulted("v1", "Namespace", { metadata: { name: "n" } }), {
    metadata: { name: "n", labels: { "kubernetes.io/metadata.name": "n" } },
    status: { phase: "Active" },
  });
  assert.deepEqual(
    defaulted("v1", "LimitRange", { spec: { limits: [{ type: "Container", max: { cpu: "2" }, min: { memory: "1Mi" } }] } }).spec.limits[0],
    {
      type: "Container",
      max: { cpu: "2" },
      min: { memory: "1Mi" },
      default: { cpu: "2" },
      defaultRequest: { cpu: "2", memory: "1Mi" },
    },
  );
  assert.deepEqual(defaulted("v1", "Node", { status: { capacity: { cpu: "1" } } }).status.allocatable, { cpu: "1" });
  assert.equal(defaulted("v1", "PersistentVolume", {}).spec.persistentVolumeReclaimPolicy, "Retain");
});

test("cluster machinery", () => {
  const binding = defaulted("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", {
    roleRef: { kind: "ClusterRole", name: "r" },
    subjects: [
      { kind: "User", name: "u" },
      { kind: "ServiceAccount", name: "s", namespace: "n" },
    ],
  });
  assert.equal(binding.roleRef.apiGroup, "rbac.authorization.k8s.io");
  assert.deepEqual(
    binding.subjects.map(({ apiGroup }: any) => apiGroup),
    ["rbac.authorization.k8s.io", undefined],
  );
  const policies = (spec: object) => defaulted("networking.k8s.io/v1", "NetworkPolicy", { spec }).spec.policyTypes;
  assert.deepEqual(policies({}), ["Ingress"]);
  assert.deepEqual(policies({ egress: [{ ports: [{ port: 53 }] }] }), ["Ingress", "Egress"]);
  assert.deepEqual(policies({ policyTypes: ["Egress"] }), ["Egress"]);
  const [hook] = defaulted("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", {
    webhooks: [{ name: "h", clientConfig: { service: { name: "s", namespace: "n" } }, rules: [{}] }],
  }).webhooks;
  assert.deepEqual(hook, {
    name: "h",
    clientConfig: { service: { name: "s", namespace: "n", port: 443 } },
    rules: [{ scope: "*" }],
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
    reinvocationPolicy: "Never",
  });
  const crd = defaulted("apiextensions.k8s.io/v1", "CustomResourceDefinition", {
    spec: { names: { kind: "Widget", plural: "widgets" }, versions: [{ name: "v1", served: true, storage: true }] },
  });
  assert.deepEqual(crd.spec.names, { kind: "Widget", plural: "widgets", singular: "widget", listKind: "WidgetList" });
  assert.deepEqual(crd.spec.conversion, { strategy: "None" });
  assert.deepEqual(crd.status, { storedVersions: ["v1"] });
});

test("defaulting twice changes nothing, and no kind fails on an empty object", () => {
  for (const resource of builtinRegistry().resources) {
    const once: any = {};
    applyDefaults(apiVersionOf(resource), resource.kind, once);
    const twice = structuredClone(once);
    applyDefaults(apiVersionOf(resource), resource.kind, twice);
    assert.deepEqual(twice, once, resource.kind);
  }
});

test("tags of images", () => {
  const cases: [string, string][] = [
    ["nginx", "latest"],
    ["nginx:1.25", "1.25"],
    ["localhost:5000/nginx", "latest"],
    ["localhost:5000/nginx:x", "x"],
    ["nginx@sha256:abc", ""],
    ["nginx:latest@sha256:abc", "latest"],
  ];
  for (const [reference, tag] of cases) assert.equal(imageTag(reference), tag, reference);
  assert.equal(defaultPullPolicy(undefined), "IfNotPresent");
  assert.equal(defaultPullPolicy("a:latest"), "Always");
});
