// What kubectl is asked to do, in order, and what it must answer; the same list for every version.

/** One command. */
export interface Step {
  readonly args: string;
  /** Standard input: a manifest. */
  readonly input?: object;
  /** Must match standard output; both outputs where the command must fail. */
  readonly expect: RegExp;
  /** Exit status; 0. */
  readonly code?: number;
  /** What kubectl may print to standard error of a command that succeeds; nothing by default. */
  readonly warning?: RegExp;
}

const configMap = (data: object) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "shop" }, data });

const fromStdin = "-f -";

const basics: Step[] = [
  { args: "version", expect: /Server Version: v1\.\d+\.\d+-eks-[0-9a-f]{7}/ },
  { args: "cluster-info", expect: /control plane.* is running at .*https:\/\/127\.0\.0\.1/ },
  { args: "get --raw /readyz", expect: /^ok$/ },
  { args: "api-versions", expect: /^apps\/v1$/m },
  { args: "api-resources --api-group=apps", expect: /deployments +deploy +apps\/v1 +true +Deployment/ },
  { args: "explain deployment.spec.strategy", expect: /KIND: +Deployment\nVERSION: +v1\n[\s\S]*rollingUpdate\t<RollingUpdateDeployment>/ },
  { args: "auth whoami -o jsonpath={.status.userInfo.username}", expect: /^arn:aws:iam::111122223333:root$/ },
  { args: "auth can-i * *", expect: /^yes$/m },
  { args: "auth can-i list pods --as=nobody", expect: /^no$/m, code: 1 },
  { args: "auth can-i --list --as=nobody", expect: /selfsubjectreviews\.authentication\.k8s\.io/, warning: /the list may be incomplete/ },
  {
    args: "get pods --as=nobody",
    code: 1,
    expect: /pods is forbidden: User "nobody" cannot list resource "pods" in API group "" in the namespace "default"/,
  },
  {
    args: "get nodes -o wide",
    expect: /^ip-10-20-\d+-\d+\.us-west-2\.compute\.internal +Ready +<none> +\w+ +v1\.\d+\.\d+-eks-[0-9a-f]{7} +10\.20\.\d+\.\d+/m,
  },
  { args: "describe nodes", expect: /ProviderID: +aws:\/\/\/us-west-2[ab]\/i-[0-9a-f]{17}\n/ },
  { args: "get pods -n kube-system -o wide", expect: /^coredns-\S+ +1\/1 +Running +0 +\w+ +10\.20\.\d+\.\d+/m },
];

const objects: Step[] = [
  { args: "create namespace shop", expect: /^namespace\/shop created$/m },
  { args: "create namespace shop", code: 1, expect: /Error from server \(AlreadyExists\): namespaces "shop" already exists/ },
  { args: `apply ${fromStdin}`, input: configMap({ a: "1" }), expect: /^configmap\/settings created$/m },
  { args: `apply ${fromStdin}`, input: configMap({ a: "1" }), expect: /^configmap\/settings unchanged$/m },
  { args: `diff ${fromStdin}`, input: configMap({ a: "2" }), code: 1, expect: /^- {2}a: "1"\n\+ {2}a: "2"$/m },
  { args: `apply ${fromStdin}`, input: configMap({ a: "2" }), expect: /^configmap\/settings configured$/m },
  { args: `diff ${fromStdin}`, input: configMap({ a: "2" }), expect: /^$/ },
  { args: `apply --server-side ${fromStdin}`, input: configMap({ a: "2" }), expect: /^configmap\/settings serverside-applied$/m },
  {
    args: `apply --server-side --field-manager=other ${fromStdin}`,
    input: configMap({ a: "3" }),
    code: 1,
    expect: /Apply failed with 1 conflict: conflict with "kubectl": \.data\.a/,
  },
  {
    args: `apply --server-side --field-manager=other --force-conflicts ${fromStdin}`,
    input: configMap({ a: "3" }),
    expect: /serverside-applied/,
  },
  { args: "get configmap settings -n shop -o jsonpath={.data.a}", expect: /^3$/ },
  { args: 'patch configmap settings -n shop -p {"data":{"b":"x"}}', expect: /patched/ },
  { args: 'patch configmap settings -n shop --type=merge -p {"data":{"a":null}}', expect: /patched/ },
  { args: 'patch configmap settings -n shop --type=json -p [{"op":"replace","path":"/data/b","value":"y"}]', expect: /patched/ },
  { args: "get configmap settings -n shop -o jsonpath={.data}", expect: /^\{"b":"y"\}$/ },
  {
    args: `create --dry-run=server ${fromStdin}`,
    input: { apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, spec: { containers: [] } },
    code: 1,
    expect: /spec\.containers: Required value/,
  },
  {
    args: `create ${fromStdin}`,
    input: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" }, dta: {} },
    code: 1,
    expect: /strict decoding error: unknown field "dta"/,
  },
  { args: "create secret generic password -n shop --from-literal=value=hidden", expect: /^secret\/password created$/m },
  { args: "describe secret password -n shop", expect: /value: +6 bytes/ },
  { args: "create serviceaccount robot -n shop", expect: /^serviceaccount\/robot created$/m },
  { args: "create token robot -n shop", expect: /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/m },
  { args: "create role reader -n shop --verb=get,list --resource=pods", expect: /^role\.rbac\.authorization\.k8s\.io\/reader created$/m },
  { args: "create rolebinding readers -n shop --role=reader --serviceaccount=shop:robot", expect: /created$/m },
  { args: "auth can-i list pods -n shop --as=system:serviceaccount:shop:robot", expect: /^yes$/m },
  { args: "auth can-i delete pods -n shop --as=system:serviceaccount:shop:robot", expect: /^no$/m, code: 1 },
];

const workloads: Step[] = [
  {
    args: "create deployment web -n shop --image=public.ecr.aws/nginx/nginx:1.27 --replicas=3 --port=80",
    expect: /^deployment\.apps\/web created$/m,
  },
  { args: "rollout status deployment/web -n shop --timeout=10s", expect: /successfully rolled out/ },
  { args: "wait deployment/web -n shop --for=condition=Available --timeout=10s", expect: /^deployment\.apps\/web condition met$/m },
  { args: "wait deployment/web -n shop --for=jsonpath={.status.readyReplicas}=3 --timeout=10s", expect: /condition met/ },
  { args: "get deployment web -n shop -o wide", expect: /^web +3\/3 +3 +3 +\w+ +nginx +public\.ecr\.aws\/nginx\/nginx:1\.27 +app=web$/m },
  { args: "get pods -n shop -o wide", expect: /^(web-\S+ +1\/1 +Running +0 +\w+ +10\.20\.[01]\.\d+ +ip-10-20-\S+ +<none> +<none>\n){3}$/m },
  {
    args: "describe pods -n shop",
    expect: /Events:\n[\s\S]*Scheduled[\s\S]*Successfully assigned shop\/web-\S+ to ip-10-20-\S+\n[\s\S]*Started container nginx/,
  },
  { args: "describe deployment web -n shop", expect: /Replicas: +3 desired \| 3 updated \| 3 total \| 3 available \| 0 unavailable\n/ },
  { args: "get events -n shop", expect: /Normal +ScalingReplicaSet +deployment\/web +Scaled up replica set web-\S+ from 0 to 3/ },
  { args: "events -n shop --for deployment/web", expect: /Scaled up replica set web-\S+ from 0 to 3/ },
  {
    args: "logs deployment/web -n shop --tail=1",
    expect: /nginx runs on a simulated node: no process writes logs/,
    warning: /^Found 3 pods, using pod/,
  },
  { args: "exec deployment/web -n shop -- true", code: 1, expect: /NotImplemented.*simulated/ },
  { args: "expose deployment web -n shop", expect: /^service\/web exposed$/m },
  { args: "get endpointslices -n shop", expect: /^web-\w+ +IPv4 +80 +10\.20\.[01]\.\d+,10\.20\.[01]\.\d+,10\.20\.[01]\.\d+ /m },
  { args: "set image deployment/web -n shop nginx=public.ecr.aws/nginx/nginx:1.28", expect: /image updated/ },
  { args: "rollout status deployment/web -n shop --timeout=10s", expect: /successfully rolled out/ },
  { args: "rollout history deployment/web -n shop", expect: /^1 +<none>\n2 +<none>$/m },
  { args: "rollout undo deployment/web -n shop", expect: /rolled back/ },
  { args: "rollout status deployment/web -n shop --timeout=10s", expect: /successfully rolled out/ },
  { args: "get deployment web -n shop -o jsonpath={.spec.template.spec.containers[0].image}", expect: /nginx:1\.27$/ },
  { args: "rollout restart deployment/web -n shop", expect: /restarted/ },
  { args: "rollout status deployment/web -n shop --timeout=10s", expect: /successfully rolled out/ },
  { args: "scale deployment/web -n shop --replicas=5 --current-replicas=3", expect: /scaled/ },
  { args: "rollout status deployment/web -n shop --timeout=10s", expect: /successfully rolled out/ },
  { args: "label deployment web -n shop tier=front", expect: /labeled/ },
  { args: "annotate deployment web -n shop note=kept", expect: /annotated/ },
  { args: "get deployments -n shop -l tier=front -o jsonpath={.items[*].metadata.annotations.note}", expect: /^kept$/ },
  { args: "create job sum -n shop --image=public.ecr.aws/docker/library/busybox", expect: /^job\.batch\/sum created$/m },
  { args: "wait job/sum -n shop --for=condition=Complete --timeout=10s", expect: /condition met/ },
];

const ending: Step[] = [
  { args: "cordon -l topology.kubernetes.io/zone=us-west-2a", expect: /cordoned/ },
  { args: "get nodes -l topology.kubernetes.io/zone=us-west-2a", expect: /Ready,SchedulingDisabled/ },
  {
    args: "drain -l topology.kubernetes.io/zone=us-west-2a --ignore-daemonsets --timeout=10s",
    expect: /drained/,
    warning: /ignoring DaemonSet-managed Pods: kube-system\/aws-node-/,
  },
  { args: "rollout status deployment/web -n shop --timeout=10s", expect: /successfully rolled out/ },
  {
    args: "get pods -n shop -l app=web -o jsonpath={.items[*].spec.nodeName}",
    expect: /^(ip-10-20-1-\d+\.us-west-2\.compute\.internal ?){5}$/,
  },
  { args: "uncordon -l topology.kubernetes.io/zone=us-west-2a", expect: /uncordoned/ },
  { args: "delete deployment web -n shop", expect: /"web" deleted/ },
  { args: "wait pods -n shop -l app=web --for=delete --timeout=10s", expect: /condition met|^$/ },
  { args: "get deployment web -n shop", code: 1, expect: /Error from server \(NotFound\): deployments\.apps "web" not found/ },
  { args: "delete namespace shop --timeout=10s", expect: /"shop" deleted/ },
  { args: "get all -n shop", expect: /^$/, warning: /No resources found in shop namespace/ },
];

/** Every step, in order. */
export const STEPS: readonly Step[] = [...basics, ...objects, ...workloads, ...ending];
