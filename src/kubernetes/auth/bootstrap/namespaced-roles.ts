// Roles and their bindings inside kube-system and kube-public (kube-apiserver's bootstrap policy).

/** One Role with the RoleBinding that gives it away; `binding` is the binding's name. */
export interface NamespacedRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: string;
  readonly binding: string;
  /** `User/<name>` and `ServiceAccount/<namespace>/<name>`. */
  readonly subjects: readonly string[];
}

const locking = (component: string): NamespacedRole => ({
  namespace: "kube-system",
  name: `system::leader-locking-${component}`,
  rules: `
    watch configmaps
    get,update configmaps =${component}`,
  binding: `system::leader-locking-${component}`,
  subjects: [`User/system:${component}`, `ServiceAccount/kube-system/${component}`],
});

const controller = (namespace: string, name: string, rules: string): NamespacedRole => ({
  namespace,
  name: `system:controller:${name}`,
  rules,
  binding: `system:controller:${name}`,
  subjects: [`ServiceAccount/kube-system/${name}`],
});

const events = 'create,patch,update events @"",events.k8s.io';

export const namespacedRoles: readonly NamespacedRole[] = [
  {
    namespace: "kube-system",
    name: "extension-apiserver-authentication-reader",
    rules: "read configmaps =extension-apiserver-authentication",
    binding: "system::extension-apiserver-authentication-reader",
    subjects: ["User/system:kube-controller-manager", "User/system:kube-scheduler"],
  },
  locking("kube-controller-manager"),
  locking("kube-scheduler"),
  controller("kube-system", "bootstrap-signer", "read secrets"),
  controller("kube-system", "cloud-provider", "create,get,list,watch configmaps"),
  controller(
    "kube-system",
    "token-cleaner",
    `
    delete,get,list,watch secrets
    ${events}`,
  ),
  controller(
    "kube-public",
    "bootstrap-signer",
    `
    read configmaps
    update configmaps =cluster-info
    ${events}`,
  ),
];
