// Defaults of cluster machinery: RBAC, networking, storage, admission, extension, flow control.
import { child, type Defaulter, fill, fillNumber, fillPointer, isEmpty, type Json } from "./rule.ts";

const rbacGroup = "rbac.authorization.k8s.io";

const binding: Defaulter = (value) => fill(child(value, "roleRef"), "apiGroup", rbacGroup);

function webhook(value: Json): void {
  fillPointer(value, "failurePolicy", "Fail");
  fillPointer(value, "matchPolicy", "Equivalent");
  fillPointer(value, "namespaceSelector", {});
  fillPointer(value, "objectSelector", {});
  fillPointer(value, "timeoutSeconds", 10);
}

const servicePort: Defaulter = (value) => fillPointer(value, "port", 443);

function priorityLevel(value: Json): void {
  const spec = child(value, "spec");
  if (spec.exempt) {
    fillPointer(spec.exempt, "nominalConcurrencyShares", 0);
    fillPointer(spec.exempt, "lendablePercent", 0);
  }
  if (!spec.limited) return;
  fillPointer(spec.limited, "nominalConcurrencyShares", 30);
  fillPointer(spec.limited, "lendablePercent", 0);
  const { limitResponse } = spec.limited;
  if (limitResponse?.type !== "Queue") return;
  const queuing = child(limitResponse, "queuing");
  fillNumber(queuing, "handSize", 8);
  fillNumber(queuing, "queues", 64);
  fillNumber(queuing, "queueLengthLimit", 50);
}

function customResourceDefinition(value: Json): void {
  const spec = child(value, "spec");
  const names = child(spec, "names");
  if (names.kind) {
    fill(names, "singular", String(names.kind).toLowerCase());
    fill(names, "listKind", `${names.kind}List`);
  }
  const conversion = child(spec, "conversion");
  fill(conversion, "strategy", "None");
  const status = child(value, "status");
  if (isEmpty(status.storedVersions))
    status.storedVersions = (spec.versions ?? []).filter((version: Json) => version?.storage).map((version: Json) => version.name);
}

const deviceRequest: Defaulter = (value) => {
  fill(value, "allocationMode", "ExactCount");
  if (value.allocationMode === "ExactCount") fillNumber(value, "count", 1);
};

export const clusterDefaults: Readonly<Record<string, Defaulter>> = {
  "rbac.v1.RoleBinding": binding,
  "rbac.v1.ClusterRoleBinding": binding,
  "rbac.v1.Subject": (value) => {
    if (value.kind === "User" || value.kind === "Group") fill(value, "apiGroup", rbacGroup);
  },
  "networking.v1.NetworkPolicyPort": (value) => fillPointer(value, "protocol", "TCP"),
  "networking.v1.NetworkPolicySpec": (value) => {
    if (isEmpty(value.policyTypes)) value.policyTypes = isEmpty(value.egress) ? ["Ingress"] : ["Ingress", "Egress"];
  },
  "networking.v1.IngressClassParametersReference": (value) => fillPointer(value, "scope", "Cluster"),
  "storage.v1.StorageClass": (value) => {
    fillPointer(value, "reclaimPolicy", "Delete");
    fillPointer(value, "volumeBindingMode", "Immediate");
  },
  "storage.v1.CSIDriverSpec": (value) => {
    fillPointer(value, "attachRequired", true);
    fillPointer(value, "podInfoOnMount", false);
    fillPointer(value, "storageCapacity", false);
    fillPointer(value, "fsGroupPolicy", "ReadWriteOnceWithFSType");
    if (isEmpty(value.volumeLifecycleModes)) value.volumeLifecycleModes = ["Persistent"];
    fillPointer(value, "requiresRepublish", false);
    fillPointer(value, "seLinuxMount", false);
  },
  "resource.v1.ExactDeviceRequest": deviceRequest,
  "resource.v1.DeviceSubRequest": deviceRequest,
  "scheduling.v1.PriorityClass": (value) => fillPointer(value, "preemptionPolicy", "PreemptLowerPriority"),
  "discovery.v1.EndpointPort": (value) => {
    fillPointer(value, "name", "");
    fillPointer(value, "protocol", "TCP");
  },
  "admissionregistration.v1.ValidatingWebhook": webhook,
  "admissionregistration.v1.MutatingWebhook": (value) => {
    webhook(value);
    fillPointer(value, "reinvocationPolicy", "Never");
  },
  "admissionregistration.v1.RuleWithOperations": (value) => fillPointer(value, "scope", "*"),
  "admissionregistration.v1.NamedRuleWithOperations": (value) => fillPointer(value, "scope", "*"),
  "admissionregistration.v1.ServiceReference": servicePort,
  "admissionregistration.v1.ValidatingAdmissionPolicySpec": (value) => fillPointer(value, "failurePolicy", "Fail"),
  "admissionregistration.v1.MutatingAdmissionPolicySpec": (value) => fillPointer(value, "failurePolicy", "Fail"),
  "admissionregistration.v1.MatchResources": (value) => {
    fillPointer(value, "matchPolicy", "Equivalent");
    fillPointer(value, "namespaceSelector", {});
    fillPointer(value, "objectSelector", {});
  },
  "apiextensions.v1.CustomResourceDefinition": customResourceDefinition,
  "apiextensions.v1.ServiceReference": servicePort,
  "apiregistration.v1.ServiceReference": servicePort,
  "authentication.v1.TokenRequestSpec": (value) => fillPointer(value, "expirationSeconds", 3600),
  "flowcontrol.v1.FlowSchemaSpec": (value) => fillNumber(value, "matchingPrecedence", 1000),
  "flowcontrol.v1.PriorityLevelConfiguration": priorityLevel,
  "flowcontrol.v1beta3.FlowSchemaSpec": (value) => fillNumber(value, "matchingPrecedence", 1000),
  "flowcontrol.v1beta3.PriorityLevelConfiguration": priorityLevel,
};
