// The roles meant for people: view, edit, admin and cluster-admin (Kubernetes documentation, "User-facing roles").

/** Read access to what is not secret and not access control. */
export const view = `
read configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
read bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status
read namespaces
read endpointslices @discovery.k8s.io
read controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status @apps
read horizontalpodautoscalers,horizontalpodautoscalers/status @autoscaling
read cronjobs,cronjobs/status,jobs,jobs/status @batch
read daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale @extensions
read poddisruptionbudgets,poddisruptionbudgets/status @policy
read ingresses,ingresses/status,networkpolicies @networking.k8s.io
`;

/** What edit has beyond view. */
export const edit = `
read pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
impersonate serviceaccounts
write pods,pods/attach,pods/exec,pods/portforward,pods/proxy
create pods/eviction
write configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
create serviceaccounts/token
write daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale @apps
write horizontalpodautoscalers @autoscaling
write cronjobs,jobs @batch
write daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale @extensions
write poddisruptionbudgets @policy
write ingresses,networkpolicies @networking.k8s.io
all leases @coordination.k8s.io
`;

/** What view and edit have besides, from the minor on that serves claims of devices. */
export const devices = {
  from: 34,
  view: "read resourceclaims,resourceclaims/status,resourceclaimtemplates @resource.k8s.io",
  edit: "write resourceclaims,resourceclaimtemplates @resource.k8s.io",
} as const;

/** What admin has beyond edit. */
export const admin = `
create localsubjectaccessreviews @authorization.k8s.io
all rolebindings,roles @rbac.authorization.k8s.io
`;

/** Everything. */
export const clusterAdmin = `
* * @*
* url:*
`;
