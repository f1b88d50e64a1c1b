// What kubectl can be asked beside the usual: `create` of every kind it knows, `set`, `rollout`, output formats, `wait`, `config`, kustomize and
// pruned sets. Same conventions as steps.ts.
import type { Step } from "./steps.ts";

const image = "public.ecr.aws/nginx/nginx:1.27";
const configMap = (name: string, more: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, ...more });
const applySet = { KUBECTL_APPLYSET: "true" };

const created: readonly string[] = [
  "clusterrole cr --verb=get --resource=pods",
  "clusterrole cr --aggregation-rule=a=b",
  "clusterrole cr --verb=get --non-resource-url=/logs/*",
  "clusterrolebinding crb --clusterrole=view --user=x",
  "configmap cm --from-literal=a=b --append-hash",
  "cronjob cj --image=i --schedule=*/1_*_*_*_*",
  "deployment d --image=i --image=j",
  "ingress ing --class=c --rule=h.example/p*=svc:80,tls=sec --annotation=a=b",
  "job j --image=i -- date",
  "namespace n",
  "poddisruptionbudget p --selector=a=b --max-unavailable=50%",
  "priorityclass pc --value=1 --preemption-policy=Never",
  "quota q --hard=pods=1 --scopes=BestEffort",
  "role r --verb=get --resource=pods/log --resource-name=x",
  "rolebinding rb --clusterrole=view --serviceaccount=$NS:default --group=g",
  "secret docker-registry s --docker-username=u --docker-password=p",
  "secret generic s --from-literal=a=b --type=x/y",
  "service clusterip c --tcp=80:80",
  "service clusterip c --clusterip=None",
  "service externalname e --external-name=x.example",
  "service loadbalancer l --tcp=80",
  "service nodeport np --tcp=80",
  "serviceaccount sa",
];

/** Splits off what stands behind `--`, so that options come before it. */
function withOptions(command: string, options: string): string {
  const [head, ...rest] = command.split(" -- ");
  return [`${head} ${options}`, ...rest].join(" -- ");
}

const creates: Step[] = created.map((each) => ({
  args: `create ${withOptions(each, "--dry-run=server -n $NS")}`,
  expect: /created \(server dry run\)/,
}));

const workloads: Step[] = [
  { args: `create deployment web -n $NS --image=${image} --replicas=2 --port=80`, expect: /created/ },
  { args: "rollout status deployment/web -n $NS --timeout=20s", expect: /successfully rolled out/ },
  { args: "rollout pause deployment/web -n $NS", expect: /paused/ },
  { args: "rollout restart deployment/web -n $NS", code: 1, expect: /can't restart paused deployment/ },
  { args: `set image deployment/web *=${image}-alpine -n $NS`, expect: /image updated/ },
  { args: "set env deployment/web -n $NS A=B", expect: /env updated/ },
  { args: "set env deployment/web -n $NS --list", expect: /^A=B$/m },
  { args: "set env deployment/web -n $NS --from=configmap/kube-root-ca.crt --prefix=X_", expect: /env updated/ },
  { args: "set resources deployment/web -n $NS --requests=cpu=10m", expect: /resource requirements updated/ },
  {
    args: "set resources deployment/web -n $NS --requests=cpu=2 --limits=cpu=1",
    code: 1,
    expect: /resources\.requests: Invalid value: "2": must be less than or equal to cpu limit of 1/,
  },
  { args: "rollout resume deployment/web -n $NS", expect: /resumed/ },
  { args: "rollout status deployment/web -n $NS --timeout=20s", expect: /successfully rolled out/ },
  { args: "rollout history deployment/web -n $NS --revision=1", expect: /Pod Template:/ },
  { args: "rollout undo deployment/web -n $NS --to-revision=1 --dry-run=server", expect: /rolled back \(server dry run\)/ },
  { args: "rollout undo deployment/web -n $NS --to-revision=99", code: 1, expect: /unable to find specified revision 99 in history/ },
  { args: "scale deployment/web -n $NS --replicas=3 --current-replicas=9", code: 1, expect: /[Ee]xpected replicas to be 9, was 2/ },
  { args: "annotate deployment web -n $NS --list", expect: /deployment\.kubernetes\.io\/revision=/ },
  { args: "label deployment web -n $NS --list", expect: /^app=web$/m },
  { args: "annotate deployment web -n $NS k=v --resource-version=1", code: 1, expect: /the object has been modified/ },
  { args: "expose deployment web -n $NS --port=80 --type=NodePort", expect: /service\/web exposed/ },
  { args: "get deployment web -n $NS --subresource=scale", expect: /^NAME +DESIRED +AVAILABLE +AGE\nweb +2 /m },
  { args: 'patch deployment web -n $NS --subresource=scale --type=merge -p {"spec":{"replicas":1}}', expect: /patched/ },
  { args: "wait deployment/web -n $NS --for=jsonpath={.status.replicas}=1 --timeout=5s", expect: /condition met/ },
  { args: "delete deployment web -n $NS --cascade=orphan", expect: /deleted/ },
  { args: "get replicasets -n $NS -l app=web -o name", expect: /^replicaset\.apps\/web-/m },
  { args: "delete replicasets -n $NS -l app=web --cascade=foreground --timeout=10s", expect: /deleted/ },
  { args: "get pods -n $NS -l app=web --ignore-not-found", expect: /No resources found|^$/ },
  {
    args: "create -n $NS -f -",
    input: [
      {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { name: "st" },
        spec: {
          serviceName: "st",
          replicas: 2,
          selector: { matchLabels: { a: "b" } },
          template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image }] } },
        },
      },
    ],
    expect: /created/,
  },
  { args: "rollout status statefulset/st -n $NS --timeout=20s", expect: /2 new pods have been updated/ },
  { args: "rollout restart statefulset/st -n $NS", expect: /restarted/ },
  { args: "rollout status statefulset/st -n $NS --timeout=20s", expect: /2 new pods have been updated/ },
  { args: "rollout history statefulset/st -n $NS", expect: /^2 +<none>$/m },
  { args: "rollout undo statefulset/st -n $NS", expect: /rolled back/ },
  { args: "rollout status daemonset/aws-node -n kube-system --timeout=20s", expect: /successfully rolled out/ },
  { args: "logs -n $NS -l a=b --all-containers --prefix --tail=1", expect: /^\[pod\/st-\d\/c\] /m },
  { args: "run front --image=nginx --port=80 --expose -n $NS", expect: /service\/front created\s+pod\/front created/ },
  { args: "get endpointslices,endpoints -n $NS", expect: /v1 Endpoints is deprecated in v1\.33\+/ },
  { args: "label pod front -n $NS run-", expect: /unlabeled/ },
];

const formats: Step[] = [
  ["json", /^\{/],
  ["yaml", /^apiVersion: v1$/m],
  ["name", /^pod\/front$/m],
  ["wide", /NOMINATED NODE/],
  ["jsonpath={.items[*].metadata.name}", /\bfront\b/],
  ['jsonpath={.items[?(@.metadata.name=="front")].spec.containers[0].image}', /^nginx$/],
  ["jsonpath-as-json={.items[*].kind}", /^\[/],
  ["go-template={{range.items}}{{.metadata.name}};{{end}}", /front;/],
  ["custom-columns=A:.metadata.name,B:.status.podIP", /^front +10\.20\./m],
].map(([format, expect]) => ({ args: `get pods -n $NS -o ${format}`, expect: expect as RegExp }));

const shapes: Step[] = [
  { args: "get pods -n $NS --sort-by=.status.startTime --no-headers", expect: /front/ },
  { args: "get pods -n $NS --show-kind --show-labels", expect: /^pod\/front/m },
  { args: "get pods,services,statefulsets -n $NS -L app", expect: /APP$/m },
  { args: "get pods -n $NS --server-print=false", expect: /^NAME +AGE$/m },
  { args: "get pods -n $NS --chunk-size=1 -o name", expect: /pod\/st-0/ },
  { args: "get pods -n $NS --watch-only --request-timeout=1s", expect: /^$/ },
  { args: "get statefulset/st service/front -n $NS", expect: /^statefulset\.apps\/st[\s\S]*^service\/front/m },
  { args: "get pods -n $NS --field-selector=spec.foo=bar", code: 1, expect: /field label not supported: spec\.foo/ },
  { args: "events -n $NS --for=pod/front", expect: /Scheduled +Pod\/front/ },
  { args: "events -n $NS --types=Warning", expect: /No events found|LAST SEEN/ },
  { args: "wait pod -n $NS -l a=b --for=condition=Ready --timeout=10s", expect: /condition met/ },
  { args: "wait pod/st-0 -n $NS --for=condition=Ready=False --timeout=1s", code: 1, expect: /timed out waiting for the condition/ },
  { args: "wait configmap/none -n $NS --for=create --timeout=1s", code: 1, expect: /timed out waiting|not found/ },
  { args: "describe nodes", expect: /Allocated resources/ },
  { args: "cluster-info dump -n $NS", expect: /"kind": "NodeList"/ },
  { args: "api-resources --categories=all --sort-by=kind -o wide", expect: /^cronjobs +cj +batch\/v1/m },
  { args: "api-versions", expect: /^resource\.k8s\.io\/v1$/m },
  { args: "explain resourceclaims.spec.devices --recursive", expect: /deviceClassName/ },
  { args: "explain pods.spec --output=plaintext-openapiv2", expect: /activeDeadlineSeconds/ },
  { args: "auth can-i create pods --subresource=exec -n $NS --as=system:serviceaccount:$NS:default", code: 1, expect: /^no$/m },
  { args: "auth can-i get /healthz --as=bob", expect: /^yes$/m },
  {
    args: "create token default -n $NS --bound-object-kind=Node --bound-object-name=$NODE --bound-object-uid=x",
    code: 1,
    expect: /Conflict|UID/i,
  },
  { args: "config view", expect: /certificate-authority-data: DATA\+OMITTED/ },
  { args: "config get-contexts -o name", expect: /^main$/m },
  { args: "run x --image=i --restart=Never --dry-run=server -n $NS -o jsonpath={.spec.restartPolicy}", expect: /^Never$/ },
  { args: "plugin list", code: 1, expect: /unable to find any kubectl plugins/ },
];

const sets: Step[] = [
  {
    args: "apply -n $NS --prune --applyset=mine -f -",
    env: applySet,
    input: [configMap("s1"), configMap("s2")],
    expect: /configmap\/s2 created/,
  },
  { args: "apply -n $NS --prune --applyset=mine -f -", env: applySet, input: [configMap("s1")], expect: /configmap\/s2 pruned/ },
  {
    args: "apply -n $NS --server-side --prune --applyset=configmaps/other -f -",
    env: applySet,
    input: [configMap("s3")],
    expect: /serverside-applied/,
  },
  { args: "apply -n $NS -f -", input: [configMap("s4", { data: { x: "1" } })], expect: /created/ },
  { args: "apply edit-last-applied configmap/s4 -n $NS", edit: 's/x: "1"/x: "9"/', expect: /configmap\/s4 edited/ },
  { args: "apply view-last-applied configmap/s4 -n $NS -o json", expect: /"x": "9"/ },
  {
    args: "diff -n $NS --server-side --force-conflicts -f -",
    input: [configMap("s4", { data: { x: "2" } })],
    code: 1,
    expect: /\+ {2}x: "2"/,
  },
  { args: 'patch configmap s4 -n $NS --type=json -p [{"op":"test","path":"/data/x","value":"5"}]', code: 1, expect: /test failed/ },
  { args: "delete configmaps --all -n $NS --dry-run=server", expect: /"s4" deleted .*server dry run/ },
  { args: "delete all --all -n $NS --grace-period=0 --force", expect: /pod "front" force deleted/ },
  { args: "cordon $NODE --dry-run=server", expect: /cordoned \(server dry run\)/ },
  { args: "taint node $NODE a$NS=b:NoSchedule --dry-run=server", expect: /tainted/ },
  { args: "drain $NODE --dry-run=server --ignore-daemonsets --delete-emptydir-data --force", expect: /drained \(server dry run\)/ },
  { args: "delete namespace $NS --timeout=20s", expect: /deleted/ },
];

export const BREADTH: readonly Step[] = [
  { args: "create namespace $NS", expect: /created/ },
  { args: "wait serviceaccount/default -n $NS --for=create --timeout=5s", expect: /condition met/ },
  ...creates,
  ...workloads,
  ...formats,
  ...shapes,
  ...sets,
];
