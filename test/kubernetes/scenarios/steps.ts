// What every version of kubectl is asked beyond the everyday: custom resources, policies, quotas, access, streams, edits.
// `$NS` is the namespace of the run; cluster-scoped names carry it, so that runs do not meet. `$NODE` is a node
// that no other run has: taints are written as a whole.

/** One command. */
export interface Step {
  readonly args: string;
  /** Manifests for standard input. */
  readonly input?: readonly object[];
  /** Must match both outputs together. */
  readonly expect: RegExp;
  /** Exit status; 0. */
  readonly code?: number;
  /** A sed script that stands in for the editor. */
  readonly edit?: string;
  /** Further variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const metadata = (name: string, more: object = {}) => ({ name, ...more });
const configMap = (name: string, data: object, labels: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: metadata(name, { labels }),
  data,
});
const image = "public.ecr.aws/nginx/nginx:1.27";
const pod = (name: string, spec: object = {}, more: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: metadata(name, more),
  spec: { containers: [{ name: "app", image }], ...spec },
});

const basics: Step[] = [
  { args: "create namespace $NS", expect: /created/ },
  { args: "create configmap a -n $NS --from-literal=x=1 --from-literal=y=2", expect: /configmap\/a created/ },
  { args: "get configmap a -n $NS -o go-template={{.data.x}}", expect: /^1$/ },
  { args: "get configmap a -n $NS -o custom-columns=NAME:.metadata.name,X:.data.x", expect: /^NAME +X\na +1$/m },
  { args: "get configmaps -n $NS -o name", expect: /^configmap\/a$/m },
  { args: "get configmap a -n $NS -o yaml --show-managed-fields", expect: /manager: kubectl-create/ },
  { args: "get configmaps -n $NS --field-selector=metadata.name=a --no-headers", expect: /^a +2 +\S+$/m },
  { args: "get configmaps -n $NS --sort-by=.metadata.name --show-labels", expect: /LABELS/ },
  { args: "get configmap absent -n $NS --ignore-not-found", expect: /^$/ },
  { args: "get nothings", code: 1, expect: /the server doesn't have a resource type "nothings"/ },
  { args: "edit configmap a -n $NS", edit: "s/x: .*/x: edited/", expect: /configmap\/a edited/ },
  { args: "get configmap a -n $NS -o jsonpath={.data.x}", expect: /^edited$/ },
  { args: "replace -n $NS -f -", input: [configMap("a", { z: "1" })], expect: /configmap\/a replaced/ },
  { args: "replace --force -n $NS -f -", input: [configMap("a", { z: "2" })], expect: /configmap\/a (replaced|deleted)/ },
  {
    args: "apply -n $NS -f -",
    input: [configMap("p1", {}, { set: "s" }), configMap("p2", {}, { set: "s" })],
    expect: /configmap\/p2 created/,
  },
  { args: "apply -n $NS --prune -l set=s -f -", input: [configMap("p1", {}, { set: "s" })], expect: /configmap\/p2 pruned/ },
  { args: "apply view-last-applied configmap/p1 -n $NS", expect: /set: s/ },
  { args: "apply set-last-applied -n $NS --create-annotation -f -", input: [configMap("a", { z: "2" })], expect: /configured|set/ },
  { args: "apply --server-side -n $NS -f -", input: [configMap("p1", { k: "1" }, { set: "s" })], expect: /serverside-applied/ },
  { args: "apply -n $NS -f - --dry-run=server", input: [configMap("fresh", { k: "1" })], expect: /created \(server dry run\)/ },
  { args: "diff -n $NS -f -", input: [configMap("p1", { k: "2" }, { set: "s" })], code: 1, expect: /\+ {2}k: "2"/ },
  { args: "label configmap p1 -n $NS set-", expect: /unlabeled/ },
  { args: "annotate configmap p1 -n $NS a=b --overwrite", expect: /annotated/ },
  { args: "delete configmap p1 -n $NS --dry-run=server", expect: /deleted .*server dry run/ },
  { args: "delete configmaps -n $NS -l set=s --wait=false", expect: /No resources found|deleted/ },
  { args: "explain pod.spec.containers.securityContext --recursive", expect: /allowPrivilegeEscalation/ },
  { args: "explain crontabs.example.com", code: 1, expect: /couldn't find resource|doesn't have a resource type/ },
  { args: "api-resources --namespaced=false -o name --verbs=list", expect: /^nodes$/m },
  { args: "get --raw /api/v1/namespaces/$NS", expect: /"phase":"Active"/ },
  { args: "get --raw /readyz?verbose", expect: /^\[\+\]ping ok$[\s\S]*^readyz check passed$/m },
  { args: "get --raw /api/v1/nodes/$NODE/proxy/stats/summary", expect: /"nodeName":"\S+"/ },
  { args: "get --raw /api/v1/nodes/$NODE/proxy/metrics/cadvisor", code: 1, expect: /kubelet of a simulated node does not answer/ },
  { args: "get componentstatuses", expect: /scheduler +Healthy +ok[\s\S]*deprecated in v1\.19/ },
  { args: "get apiservices", expect: /^v1\.apps +Local +True/m },
  { args: "auth whoami", expect: /Username +\S+root/ },
  { args: "wait configmap/a -n $NS --for=create --timeout=5s", expect: /condition met/ },
  { args: "create quota small -n $NS --hard=count/secrets=1", expect: /resourcequota\/small created/ },
  { args: "create secret generic one -n $NS", expect: /created/ },
  {
    args: "create secret generic two -n $NS",
    code: 1,
    expect: /exceeded quota: small, requested: count\/secrets=1, used: count\/secrets=1, limited: count\/secrets=1/,
  },
  { args: "wait resourcequota/small -n $NS --for=jsonpath={.status.used.count/secrets}=1 --timeout=5s", expect: /condition met/ },
  { args: "describe quota small -n $NS", expect: /count\/secrets +1 +1/ },
];

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: metadata("crontabs.$NS.example.com"),
  spec: {
    group: "$NS.example.com",
    scope: "Namespaced",
    names: { plural: "crontabs", singular: "crontab", kind: "CronTab", shortNames: ["ct$NS"], categories: ["all$NS"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } },
        additionalPrinterColumns: [{ name: "Schedule", type: "string", jsonPath: ".spec.schedule" }],
        selectableFields: [{ jsonPath: ".spec.schedule" }],
        schema: {
          openAPIV3Schema: {
            type: "object",
            description: "A timed job.",
            required: ["spec"],
            properties: {
              spec: {
                type: "object",
                required: ["schedule"],
                "x-kubernetes-validations": [{ rule: "self.replicas <= 5", message: "at most five replicas" }],
                properties: {
                  schedule: { type: "string", pattern: "^(\\S+ ){4}\\S+$", description: "When it runs." },
                  replicas: { type: "integer", default: 1, minimum: 0 },
                },
              },
              status: { type: "object", properties: { replicas: { type: "integer" } } },
            },
          },
        },
      },
    ],
  },
};
const crontab = (spec: object) => ({ apiVersion: "$NS.example.com/v1", kind: "CronTab", metadata: metadata("c"), spec });

const custom: Step[] = [
  { args: "create -f -", input: [definition], expect: /crontabs\.\S+ created/ },
  { args: "wait crd/crontabs.$NS.example.com --for=condition=Established --timeout=5s", expect: /condition met/ },
  { args: "explain crontabs.spec --api-version=$NS.example.com/v1", expect: /When it runs\./ },
  { args: "create -n $NS -f -", input: [crontab({ schedule: "* * * * *" })], expect: /crontab\S* created/ },
  { args: "get ct$NS -n $NS", expect: /^NAME +SCHEDULE\nc +\* \* \* \* \*$/m },
  { args: "get all$NS -n $NS", expect: /^(crontab\.\S+\/)?c +\* \* \* \* \*$/m },
  { args: "apply -n $NS -f -", input: [crontab({ schedule: "never" })], code: 1, expect: /spec\.schedule in body should match/ },
  {
    args: "apply -n $NS -f -",
    input: [crontab({ schedule: "* * * * *", replicas: 6 })],
    code: 1,
    expect: /spec: Invalid value: .*at most five replicas/,
  },
  {
    args: "apply -n $NS -f -",
    input: [crontab({ schedule: "* * * * *", surprise: 1 })],
    code: 1,
    expect: /strict decoding error: unknown field "spec\.surprise"/,
  },
  { args: "scale ct$NS/c -n $NS --replicas=3", expect: /scaled/ },
  { args: "scale ct$NS/c -n $NS --replicas=9", code: 1, expect: /at most five replicas/ },
  { args: "get ct$NS c -n $NS -o jsonpath={.spec.replicas}", expect: /^3$/ },
  { args: 'patch ct$NS c -n $NS --type=merge --subresource=status -p {"status":{"replicas":3}}', expect: /patched/ },
  { args: "get ct$NS -n $NS --field-selector=spec.schedule=x", expect: /No resources found/ },
  { args: "delete crd crontabs.$NS.example.com --timeout=5s", expect: /deleted/ },
  { args: "get ct$NS -n $NS", code: 1, expect: /doesn't have a resource type|could not find the requested resource/ },
];

const rule = { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["deployments"] };
const policies: Step[] = [
  {
    args: "create -f -",
    input: [
      {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicy",
        metadata: metadata("few.$NS"),
        spec: {
          matchConstraints: { resourceRules: [rule] },
          validations: [{ expression: "object.spec.replicas <= 4", message: "too many" }],
        },
      },
      {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: metadata("few.$NS"),
        spec: {
          policyName: "few.$NS",
          validationActions: ["Deny"],
          matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "$NS" } } },
        },
      },
    ],
    expect: /created/,
  },
  {
    args: `create deployment many -n $NS --image=${image} --replicas=5`,
    code: 1,
    expect: /ValidatingAdmissionPolicy 'few\.\S+' with binding 'few\.\S+' denied request: too many/,
  },
  { args: `create deployment web -n $NS --image=${image} --replicas=2`, expect: /created/ },
  { args: "rollout status deployment/web -n $NS --timeout=10s", expect: /successfully rolled out/ },
  { args: "autoscale deployment web -n $NS --min=1 --max=3 --cpu-percent=50", expect: /autoscaled/ },
  { args: "get hpa -n $NS", expect: /Deployment\/web/ },
  { args: "delete hpa web -n $NS", expect: /deleted/ },
  { args: "set env deployment/web -n $NS A=1", expect: /env updated/ },
  { args: "set resources deployment/web -n $NS --limits=cpu=100m", expect: /resource requirements updated/ },
  { args: "set serviceaccount deployment/web default -n $NS", expect: /serviceaccount updated|no changes/ },
  { args: "rollout pause deployment/web -n $NS", expect: /paused/ },
  { args: "rollout resume deployment/web -n $NS", expect: /resumed/ },
  { args: "rollout status deployment/web -n $NS --timeout=10s", expect: /successfully rolled out/ },
  { args: "create pdb web -n $NS --selector=app=web --min-available=2", expect: /created/ },
  { args: "top pods -n $NS", code: 1, expect: /Metrics API not available/ },
  { args: "delete validatingadmissionpolicy,validatingadmissionpolicybinding few.$NS", expect: /deleted/ },
  { args: "label namespace $NS pod-security.kubernetes.io/enforce=restricted", expect: /labeled/ },
  {
    args: "create -n $NS -f -",
    input: [pod("bad", { hostNetwork: true })],
    code: 1,
    expect: /violates PodSecurity "restricted:latest": host namespaces \(hostNetwork=true\), allowPrivilegeEscalation != false/,
  },
  { args: "label namespace $NS pod-security.kubernetes.io/enforce-", expect: /unlabeled/ },
];

const role = (rules: object[]) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: metadata("r", { namespace: "$NS" }),
  rules,
});
const streams: Step[] = [
  {
    args: "create -n $NS -f -",
    input: [
      pod(
        "talker",
        {},
        { annotations: { "simulate.atoll.dev/app.logs": "one\ntwo", "simulate.atoll.dev/app.exec": '{"hostname": "talker\\n"}' } },
      ),
    ],
    expect: /created/,
  },
  { args: "wait pod/talker -n $NS --for=condition=Ready --timeout=10s", expect: /condition met/ },
  { args: "logs talker -n $NS", expect: /^one\ntwo$/m },
  { args: "logs talker -n $NS --tail=1 --timestamps", expect: /^\d{4}-\S+Z two$/m },
  { args: "logs talker -n $NS -c other", code: 1, expect: /container other is not valid for pod talker/ },
  { args: "logs talker -n $NS --previous", code: 1, expect: /previous terminated container "app" in pod "talker" not found/ },
  { args: "exec talker -n $NS -- hostname", expect: /^talker$/m },
  { args: "exec talker -n $NS -- ls", code: 1, expect: /simulated and run no containers/ },
  { args: "attach talker -n $NS", code: 1, expect: /simulated and run no containers/ },
  { args: "port-forward pod/talker -n $NS 0:80", code: 1, expect: /simulated and run no containers/ },
  { args: "cp /etc/hostname $NS/talker:/tmp/x", code: 1, expect: /simulated and run no containers/ },
  { args: "auth reconcile -f -", input: [role([{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }])], expect: /reconciled/ },
  { args: "auth reconcile -f -", input: [role([{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }])], expect: /reconciled/ },
  { args: "create rolebinding r -n $NS --role=r --user=jo", expect: /created/ },
  { args: "auth can-i list pods -n $NS --as=jo", expect: /^yes$/m },
  { args: "auth can-i --list -n $NS --as=jo", expect: /^pods +\[\] +\[\] +\[(get list|list get)\]$/m },
  { args: "get secrets -n $NS --as=jo", code: 1, expect: /User "jo" cannot list resource "secrets" in API group "" in the namespace/ },
  { args: "create token default -n $NS --duration=10m", expect: /^eyJ\S+$/m },
  { args: "taint nodes $NODE $NS=x:PreferNoSchedule", expect: /tainted/ },
  { args: "taint nodes $NODE $NS-", expect: /untainted/ },
  { args: "get events -n $NS --field-selector=involvedObject.name=talker", expect: /Scheduled/ },
  { args: "get pods -n $NS --field-selector=status.phase=Running,spec.restartPolicy=Always -o name", expect: /pod\/talker/ },
  { args: "get pods -A --chunk-size=2 -o name", expect: /pod\/talker/ },
  { args: "create ingress i -n $NS --rule=a.example/=web:80", expect: /created/ },
  { args: "create cronjob j -n $NS --image=busybox --schedule=*/5_*_*_*_*", expect: /created/ },
  { args: "create job once -n $NS --from=cronjob/j", expect: /created/ },
  { args: "create priorityclass p-$NS --value=5", expect: /created/ },
  { args: "delete priorityclass p-$NS", expect: /deleted/ },
  { args: 'patch pod talker -n $NS -p {"spec":{"hostNetwork":true}}', code: 1, expect: /pod updates may not change fields other than/ },
  { args: "debug talker -n $NS --image=busybox -c helper --target=app --profile=general", expect: /Targeting container "app"/ },
  {
    args: "wait pod/talker -n $NS --for=jsonpath={.status.ephemeralContainerStatuses[0].state.running} --timeout=5s",
    expect: /condition met/,
  },
  { args: "debug talker -n $NS --image=busybox --copy-to=twin -c helper --profile=general", expect: /^$/ },
  {
    args: "debug node/$NODE -n $NS --image=busybox --profile=general",
    expect: /Creating debugging pod node-debugger-\S+ with container debugger on node/,
  },
  { args: "delete pod talker -n $NS --grace-period=0 --force", expect: /deleted/ },
  { args: "delete namespace $NS --timeout=20s", expect: /deleted/ },
  { args: "get namespace $NS", code: 1, expect: /NotFound/ },
];

export const STEPS: readonly Step[] = [...basics, ...custom, ...policies, ...streams];
