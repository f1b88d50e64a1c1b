// Valid objects of many kinds, as the ground that broken ones are made from.

/** A collection, a valid object for it, and subresources that take a body. */
export interface Seed {
  readonly path: string;
  readonly object: any;
  readonly subresources?: readonly string[];
}

/** A PKCS #10 request for `CN=s`, base64 of its PEM. */
const signingRequest = [
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIR01HNENBUUF3RERFS01BZ0dBMVVFQXd3QmN6QlpNQk1HQnlxR1NNNDlBZ0",
  "VHQ0NxR1NNNDlBd0VIQTBJQQpCSmpZOGxLbkgzczAvNFlGL1puNHQyTHRPb0lVM1Z5eXptRGpOeEEvZnpHVmZVMWhHR2RPQ0drTlRsWmxxYncx",
  "Cmt4N3A3NFVYNUk3SXcraHU2a2dJQndtZ0FEQUtCZ2dxaGtqT1BRUURBZ05JQURCRkFpRUFqS0tFVmlpRjZSQ2MKUXFhbm8wbERmQ1pwLzkzeG",
  "d0NGl1bmdxazk2UElWSUNJR2NwNFJDYWxMc3JzVW1UK1lYWkVBdDQwa1BwenJQRApVRG44NEw4amdycm0KLS0tLS1FTkQgQ0VSVElGSUNBVEUg",
  "UkVRVUVTVC0tLS0tCg==",
].join("");

const core = "/api/v1/namespaces/default";
const named = (name: string) => ({ name, labels: { app: "x" }, annotations: { note: "y" }, finalizers: [], ownerReferences: [] });
const labels = { app: "x" };
const podSpec = {
  containers: [
    {
      name: "c",
      image: "nginx",
      env: [{ name: "A", value: "1" }],
      ports: [{ containerPort: 80, name: "http" }],
      resources: { requests: { cpu: "100m" }, limits: { memory: "1Gi" } },
      livenessProbe: { httpGet: { path: "/", port: "http" } },
      volumeMounts: [{ name: "v", mountPath: "/v" }],
      securityContext: { capabilities: { add: ["NET_ADMIN"] } },
    },
  ],
  volumes: [{ name: "v", emptyDir: {} }],
  tolerations: [{ key: "a", operator: "Exists" }],
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [] }] } } },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: labels } },
  ],
};
const template = { metadata: { labels }, spec: podSpec };
const selector = { matchLabels: labels };

/** One of each sort of object that a user writes. */
export const seeds: readonly Seed[] = [
  { path: `${core}/pods`, object: { metadata: named("s"), spec: podSpec }, subresources: ["status", "eviction", "binding", "resize"] },
  { path: `${core}/configmaps`, object: { metadata: named("s"), data: { a: "1" }, binaryData: { b: "AA==" } } },
  { path: `${core}/secrets`, object: { metadata: named("s"), type: "Opaque", data: { a: "AA==" }, stringData: { b: "x" } } },
  {
    path: `${core}/services`,
    object: { metadata: named("s"), spec: { selector: labels, ports: [{ port: 80, targetPort: "http", protocol: "TCP" }] } },
    subresources: ["status"],
  },
  { path: `${core}/serviceaccounts`, object: { metadata: named("s") }, subresources: ["token"] },
  {
    path: `${core}/limitranges`,
    object: { metadata: named("s"), spec: { limits: [{ type: "PersistentVolumeClaim", max: { storage: "1Ti" } }] } },
  },
  { path: `${core}/resourcequotas`, object: { metadata: named("s"), spec: { hard: { "count/ingresses": "1000" } } } },
  {
    path: `${core}/persistentvolumeclaims`,
    object: { metadata: named("s"), spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
  },
  {
    path: "/api/v1/nodes",
    object: { metadata: named("s"), spec: { taints: [{ key: "a", effect: "NoSchedule" }] } },
    subresources: ["status"],
  },
  {
    path: "/apis/apps/v1/namespaces/default/deployments",
    object: { metadata: named("s"), spec: { replicas: 1, selector, template, strategy: { rollingUpdate: { maxSurge: "25%" } } } },
    subresources: ["scale", "status"],
  },
  {
    path: "/apis/apps/v1/namespaces/default/statefulsets",
    object: { metadata: named("s"), spec: { serviceName: "s", selector, template, volumeClaimTemplates: [] } },
    subresources: ["scale"],
  },
  {
    path: "/apis/batch/v1/namespaces/default/jobs",
    object: { metadata: named("s"), spec: { completions: 1, template: { spec: { ...podSpec, restartPolicy: "Never" } } } },
  },
  {
    path: "/apis/batch/v1/namespaces/default/cronjobs",
    object: {
      metadata: named("s"),
      spec: { schedule: "* * * * *", jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: "Never" } } } } },
    },
  },
  {
    path: "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
    object: {
      metadata: named("s"),
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" },
        maxReplicas: 3,
        metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } }],
      },
    },
  },
  {
    path: "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
    object: {
      metadata: named("s"),
      spec: {
        rules: [
          { host: "a.b", http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "s", port: { number: 80 } } } }] } },
        ],
      },
    },
  },
  {
    path: "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies",
    object: {
      metadata: named("s"),
      spec: {
        podSelector: selector,
        ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }], ports: [{ port: 80 }] }],
      },
    },
  },
  {
    path: "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
    object: { metadata: named("s"), rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] },
  },
  {
    path: "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
    object: {
      metadata: named("s"),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "s" },
      subjects: [{ kind: "User", name: "u", apiGroup: "rbac.authorization.k8s.io" }],
    },
  },
  {
    path: "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
    object: { metadata: named("s"), spec: { minAvailable: "50%", selector } },
  },
  {
    path: "/apis/storage.k8s.io/v1/storageclasses",
    object: { metadata: named("s"), provisioner: "ebs.csi.aws.com", parameters: { type: "gp3" } },
  },
  {
    path: "/apis/scheduling.k8s.io/v1/priorityclasses",
    object: { metadata: named("s"), value: 10 },
  },
  {
    path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    object: {
      metadata: { name: "things.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names: { plural: "things", kind: "Thing" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            subresources: { status: {}, scale: { specReplicasPath: ".spec.size", statusReplicasPath: ".status.size" } },
            additionalPrinterColumns: [{ name: "Size", type: "integer", jsonPath: ".spec.size" }],
            schema: {
              openAPIV3Schema: {
                type: "object",
                properties: {
                  spec: {
                    type: "object",
                    properties: { size: { type: "integer", minimum: 1, default: 2 }, list: { type: "array", items: { type: "string" } } },
                    "x-kubernetes-validations": [{ rule: "self.size < 100", message: "too big" }],
                  },
                },
              },
            },
          },
        ],
      },
    },
  },
  {
    path: "/apis/example.org/v1/namespaces/default/gadgets",
    object: { metadata: named("s"), spec: { size: 1, color: "red", tags: [{ key: "a", value: "b" }], free: { a: 1 } } },
    subresources: ["status", "scale"],
  },
  {
    path: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    object: {
      metadata: named("s"),
      spec: {
        matchConstraints: { resourceRules: [{ apiGroups: ["x.y"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["zs"] }] },
        validations: [{ expression: "object.spec.replicas <= 5", message: "no" }],
      },
    },
  },
  {
    path: "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    object: {
      metadata: named("s"),
      webhooks: [
        {
          name: "a.b.c",
          admissionReviewVersions: ["v1"],
          sideEffects: "None",
          clientConfig: { url: "https://127.0.0.1:1/x" },
          rules: [{ apiGroups: ["x.y"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["zs"] }],
        },
      ],
    },
  },
  {
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    object: { spec: { user: "u", groups: ["g"], resourceAttributes: { verb: "get", resource: "pods" } } },
  },
  { path: "/apis/authentication.k8s.io/v1/tokenreviews", object: { spec: { token: "x", audiences: ["a"] } } },
  {
    path: "/apis/certificates.k8s.io/v1/certificatesigningrequests",
    object: { metadata: named("s"), spec: { request: signingRequest, signerName: "example.com/x", usages: ["client auth"] } },
    subresources: ["approval", "status"],
  },
  {
    path: `${core}/events`,
    object: {
      metadata: named("s"),
      involvedObject: { kind: "Pod", name: "p", namespace: "default" },
      reason: "R",
      message: "M",
      type: "Normal",
    },
  },
  {
    path: "/apis/coordination.k8s.io/v1/namespaces/default/leases",
    object: { metadata: named("s"), spec: { holderIdentity: "h", renewTime: "2026-01-01T00:00:00.000000Z" } },
  },
  {
    path: "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
    object: { metadata: named("s"), addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80 }] },
  },
];

/** The custom resource that one of the seeds is of. */
export const gadgets = {
  metadata: { name: "gadgets.example.org" },
  spec: {
    group: "example.org",
    scope: "Namespaced",
    names: { plural: "gadgets", kind: "Gadget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: ".spec.size", statusReplicasPath: ".status.size" } },
        selectableFields: [{ jsonPath: ".spec.color" }],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  size: { type: "integer", minimum: 1 },
                  color: { type: "string", pattern: "^[a-z]*$", default: "red" },
                  tags: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["key"],
                    items: { type: "object", required: ["key"], properties: { key: { type: "string" }, value: { type: "string" } } },
                  },
                  free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                },
                "x-kubernetes-validations": [{ rule: "!has(self.size) || self.size < 100" }],
              },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};
