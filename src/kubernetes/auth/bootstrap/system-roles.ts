// Roles of the cluster's own parts, by name (kube-apiserver's bootstrap policy).

/** Rules by role, in the grammar of `grammar.ts`. */
export const systemRoles: Readonly<Record<string, string>> = {
  "system:basic-user": `
    create selfsubjectaccessreviews,selfsubjectrulesreviews @authorization.k8s.io
    create selfsubjectreviews @authentication.k8s.io`,
  "system:discovery": `
    get /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/`,
  "system:public-info-viewer": `
    get /healthz,/livez,/readyz,/version,/version/`,
  "system:monitoring": `
    get /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*`,
  "system:service-account-issuer-discovery": `
    get /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/`,
  "system:heapster": `
    read events,pods,nodes,namespaces
    read deployments @extensions`,
  "system:node": `
    create tokenreviews @authentication.k8s.io
    create subjectaccessreviews,localsubjectaccessreviews @authorization.k8s.io
    read services
    create,get,list,watch nodes
    update,patch nodes/status
    update,patch nodes
    create,update,patch events
    read pods
    create,delete pods
    update,patch pods/status
    create pods/eviction
    get,list,watch secrets,configmaps
    get persistentvolumeclaims,persistentvolumes
    get endpoints
    create,get,list,watch certificatesigningrequests @certificates.k8s.io
    get,create,update,patch,delete leases @coordination.k8s.io
    get volumeattachments @storage.k8s.io
    create serviceaccounts/token
    get,update,patch persistentvolumeclaims/status
    read csidrivers @storage.k8s.io
    get,create,update,patch,delete csinodes @storage.k8s.io
    read runtimeclasses @node.k8s.io`,
  "system:node-problem-detector": `
    get nodes
    patch nodes/status
    create,patch,update events
    create,patch,update events @events.k8s.io`,
  "system:node-proxier": `
    list,watch services,endpoints
    get,list,watch nodes
    create,patch,update events
    create,patch,update events @events.k8s.io
    list,watch endpointslices @discovery.k8s.io
    list,watch servicecidrs @networking.k8s.io`,
  "system:node-bootstrapper": `
    create,get,list,watch certificatesigningrequests @certificates.k8s.io`,
  "system:kubelet-api-admin": `
    read nodes
    proxy nodes
    * nodes/proxy,nodes/metrics,nodes/stats,nodes/log,nodes/spec`,
  "system:auth-delegator": `
    create tokenreviews @authentication.k8s.io
    create subjectaccessreviews @authorization.k8s.io`,
  "system:kube-aggregator": `
    read services,endpoints`,
  "system:kube-dns": `
    list,watch endpoints,services`,
  "system:coredns": `
    list,watch endpoints,services,pods,namespaces
    list,watch endpointslices @discovery.k8s.io`,
  "system:persistent-volume-provisioner": `
    create,delete,get,list,watch persistentvolumes
    get,list,update,watch persistentvolumeclaims
    read storageclasses @storage.k8s.io
    watch events
    create,patch,update events`,
  "system:volume-scheduler": `
    get,list,patch,update,watch persistentvolumes
    read storageclasses @storage.k8s.io
    get,list,patch,update,watch persistentvolumeclaims`,
  "system:kube-scheduler": `
    create,patch,update events @"",events.k8s.io
    create leases @coordination.k8s.io
    get,list,update,watch leases @coordination.k8s.io
    create leasecandidates @coordination.k8s.io
    read nodes
    delete,get,list,watch pods
    create bindings,pods/binding
    patch,update pods/status
    read replicationcontrollers,services
    read replicasets @apps,extensions
    read statefulsets @apps
    read poddisruptionbudgets @policy
    get,list,watch,update persistentvolumeclaims,persistentvolumes
    create tokenreviews @authentication.k8s.io
    create subjectaccessreviews @authorization.k8s.io
    read csinodes,csidrivers,csistoragecapacities,storageclasses,volumeattachments @storage.k8s.io
    read namespaces`,
  "system:kube-controller-manager": `
    create,patch,update events @"",events.k8s.io
    create leases @coordination.k8s.io
    get,update leases @coordination.k8s.io
    create secrets,serviceaccounts
    delete secrets
    get configmaps,namespaces,secrets,serviceaccounts
    update secrets,serviceaccounts
    create tokenreviews @authentication.k8s.io
    create subjectaccessreviews @authorization.k8s.io
    list,watch * @*
    create serviceaccounts/token`,
  "system:certificates.k8s.io:certificatesigningrequests:nodeclient": "create certificatesigningrequests/nodeclient @certificates.k8s.io",
  "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient":
    "create certificatesigningrequests/selfnodeclient @certificates.k8s.io",
  "system:certificates.k8s.io:kube-apiserver-client-approver": "approve signers @certificates.k8s.io =kubernetes.io/kube-apiserver-client",
  "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver":
    "approve signers @certificates.k8s.io =kubernetes.io/kube-apiserver-client-kubelet",
  "system:certificates.k8s.io:kubelet-serving-approver": "approve signers @certificates.k8s.io =kubernetes.io/kubelet-serving",
  "system:certificates.k8s.io:legacy-unknown-approver": "approve signers @certificates.k8s.io =kubernetes.io/legacy-unknown",
};

/** What roles have beyond that from a Kubernetes minor version on. */
const later: readonly (readonly [minor: number, role: string, rules: string])[] = [
  [
    34,
    "system:kube-scheduler",
    `
    get,list,update,watch resourceclaims,resourceclaims/status @resource.k8s.io
    update pods/finalizers
    read deviceclasses,resourceslices @resource.k8s.io`,
  ],
];

/** The roles of Kubernetes 1.`minor`, by name. */
export function systemRolesOf(minor: number): Readonly<Record<string, string>> {
  const more = later.filter(([since]) => minor >= since);
  return Object.fromEntries(
    Object.entries(systemRoles).map(([name, text]) => [
      name,
      text + more.flatMap(([, role, rules]) => (role === name ? [rules] : [])).join(""),
    ]),
  );
}

/** ClusterRoleBindings: name and role, then subjects. */
export const systemBindings: readonly (readonly [
  name: string,
  role: string,
  kind: "User" | "Group" | "ServiceAccount",
  ...names: string[],
])[] = [
  ["cluster-admin", "cluster-admin", "Group", "system:masters"],
  ["system:basic-user", "system:basic-user", "Group", "system:authenticated"],
  ["system:discovery", "system:discovery", "Group", "system:authenticated"],
  ["system:public-info-viewer", "system:public-info-viewer", "Group", "system:authenticated", "system:unauthenticated"],
  ["system:monitoring", "system:monitoring", "Group", "system:monitoring"],
  ["system:service-account-issuer-discovery", "system:service-account-issuer-discovery", "Group", "system:serviceaccounts"],
  ["system:node", "system:node", "Group"],
  ["system:node-proxier", "system:node-proxier", "User", "system:kube-proxy"],
  ["system:kube-scheduler", "system:kube-scheduler", "User", "system:kube-scheduler"],
  ["system:volume-scheduler", "system:volume-scheduler", "User", "system:kube-scheduler"],
  ["system:kube-controller-manager", "system:kube-controller-manager", "User", "system:kube-controller-manager"],
  ["system:kube-dns", "system:kube-dns", "ServiceAccount", "kube-system/kube-dns"],
];
