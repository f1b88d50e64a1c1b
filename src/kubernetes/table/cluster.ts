// Rows of cluster machinery: RBAC, storage, certificates, admission, scheduling, flow control.
import { humanDuration, since } from "./age.ts";
import { type Cell, columns, type Printer } from "./printer.ts";

/** A printer of the name, a few cells and the age, in this order. */
function named(list: string, cells: (object: any, now: number) => readonly Cell[]): Printer {
  return {
    columns: columns(list ? `Name|${list}|Age` : "Name|Age"),
    cells: (object, { now }) => [object.metadata.name, ...cells(object, now), since(object.metadata.creationTimestamp, now)],
  };
}

function subjects(list: any[] | undefined, kind: string): string {
  return (list ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === "ServiceAccount" && namespace ? `${namespace}/${name}` : name))
    .join(", ");
}

const binding: Printer = {
  columns: columns("Name|Role|Age|Users+|Groups+|ServiceAccounts+"),
  cells: ({ metadata, roleRef, subjects: list }, { now }) => [
    metadata.name,
    `${roleRef?.kind ?? ""}/${roleRef?.name ?? ""}`,
    since(metadata.creationTimestamp, now),
    subjects(list, "User"),
    subjects(list, "Group"),
    subjects(list, "ServiceAccount"),
  ],
};

function requestState({ status }: any): string {
  const has = (type: string) => (status?.conditions ?? []).some((condition: any) => condition.type === type);
  const verdict = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return `${verdict}${has("Failed") ? ",Failed" : ""}${status?.certificate ? ",Issued" : ""}`;
}

const signingRequest: Printer = {
  columns: columns("Name|Age|SignerName|Requestor|RequestedDuration|Condition"),
  cells: (object, { now }) => [
    object.metadata.name,
    since(object.metadata.creationTimestamp, now),
    object.spec?.signerName || "<none>",
    object.spec?.username ?? "",
    object.spec?.expirationSeconds == null ? "<none>" : humanDuration(object.spec.expirationSeconds * 1000),
    requestState(object),
  ],
};

const isDefault = (annotations: Record<string, string> | undefined) =>
  annotations?.["storageclass.kubernetes.io/is-default-class"] === "true" ||
  annotations?.["storageclass.beta.kubernetes.io/is-default-class"] === "true";

const storageClass: Printer = {
  columns: columns("Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion:boolean|Age"),
  cells: ({ metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion }, { now }) => [
    isDefault(metadata.annotations) ? `${metadata.name} (default)` : metadata.name,
    provisioner ?? "",
    reclaimPolicy ?? "Delete",
    volumeBindingMode ?? "Immediate",
    allowVolumeExpansion ?? false,
    since(metadata.creationTimestamp, now),
  ],
};

const volumeAttributesClass: Printer = {
  columns: columns("Name|DriverName|Age"),
  cells: ({ metadata, driverName }, { now }) => {
    const preferred = metadata.annotations?.["volumeattributesclass.alpha.kubernetes.io/is-default-class"] === "true";
    return [preferred ? `${metadata.name} (default)` : metadata.name, driverName ?? "", since(metadata.creationTimestamp, now)];
  },
};

const csiDriver = named(
  "AttachRequired:boolean|PodInfoOnMount:boolean|StorageCapacity:boolean|TokenRequests|RequiresRepublish:boolean|Modes",
  ({ spec }) => [
    spec?.attachRequired ?? true,
    spec?.podInfoOnMount ?? false,
    spec?.storageCapacity ?? false,
    (spec?.tokenRequests ?? []).map(({ audience }: any) => audience).join(",") || "<unset>",
    spec?.requiresRepublish ?? false,
    (spec?.volumeLifecycleModes ?? []).join(",") || "<none>",
  ],
);

const flowSchema: Printer = {
  columns: columns("Name|PriorityLevel|MatchingPrecedence|DistinguisherMethod|Age|MissingPL"),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name,
    spec?.priorityLevelConfiguration?.name ?? "",
    spec?.matchingPrecedence ?? 0,
    spec?.distinguisherMethod?.type ?? "<none>",
    since(metadata.creationTimestamp, now),
    (status?.conditions ?? []).find((condition: any) => condition.type === "Dangling")?.status ?? "?",
  ],
  compare: (a, b) => (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1),
};

const priorityLevel = named("Type|NominalConcurrencyShares|Queues|HandSize|QueueLengthLimit", ({ spec }) => {
  const queuing = spec?.limited?.limitResponse?.queuing;
  return [
    spec?.type ?? "",
    spec?.limited?.nominalConcurrencyShares ?? "<none>",
    queuing?.queues ?? "<none>",
    queuing?.handSize ?? "<none>",
    queuing?.queueLengthLimit ?? "<none>",
  ];
});

const priorityClass: Printer = {
  columns: columns("Name|Value:integer|Global-Default:boolean|Age|PreemptionPolicy>=31"),
  cells: ({ metadata, value, globalDefault, preemptionPolicy }, { now, minor }) => [
    metadata.name,
    value ?? 0,
    globalDefault ?? false,
    since(metadata.creationTimestamp, now),
    ...(minor >= 31 ? [preemptionPolicy ?? ""] : []),
  ],
};

const apiService = named("Service|Available", ({ spec, status }) => {
  const available = (status?.conditions ?? []).find((condition: any) => condition.type === "Available");
  const state = available ? (available.status === "True" ? "True" : `${available.status} (${available.reason ?? ""})`) : "Unknown";
  return [spec?.service ? `${spec.service.namespace}/${spec.service.name}` : "Local", state];
});

const paramKind = ({ spec }: any) => (spec?.paramKind ? `${spec.paramKind.apiVersion}/${spec.paramKind.kind}` : "<unset>");

const policyBinding = named("PolicyName|ParamRef", ({ spec }) => [
  spec?.policyName ?? "",
  spec?.paramRef ? `${spec.paramRef.namespace || "*"}/${spec.paramRef.name ?? ""}` : "<unset>",
]);

const claimState = ({ metadata, status }: any) => {
  const states = [
    ...(metadata.deletionTimestamp ? ["deleted"] : []),
    ...(status?.allocation ? ["allocated"] : []),
    ...(status?.reservedFor?.length ? ["reserved"] : []),
  ];
  return states.join(",") || "pending";
};

const webhooks = named("Webhooks:integer", (object) => [(object.webhooks ?? []).length]);

/** Printers by `group/Kind`. */
export const clusterPrinters: Readonly<Record<string, Printer>> = {
  "rbac.authorization.k8s.io/RoleBinding": binding,
  "rbac.authorization.k8s.io/ClusterRoleBinding": binding,
  "certificates.k8s.io/CertificateSigningRequest": signingRequest,
  "coordination.k8s.io/Lease": named("Holder", ({ spec }) => [spec?.holderIdentity ?? ""]),
  "node.k8s.io/RuntimeClass": named("Handler", ({ handler }) => [handler ?? ""]),
  "scheduling.k8s.io/PriorityClass": priorityClass,
  "storage.k8s.io/StorageClass": storageClass,
  "storage.k8s.io/VolumeAttributesClass": volumeAttributesClass,
  "storage.k8s.io/VolumeAttachment": named("Attacher|PV|Node|Attached:boolean", ({ spec, status }) => [
    spec?.attacher ?? "",
    spec?.source?.persistentVolumeName ?? "",
    spec?.nodeName ?? "",
    status?.attached ?? false,
  ]),
  "storage.k8s.io/CSIDriver": csiDriver,
  "storage.k8s.io/CSINode": named("Drivers:integer", ({ spec }) => [(spec?.drivers ?? []).length]),
  "storage.k8s.io/CSIStorageCapacity": {
    columns: columns("Name|StorageClassName|Capacity"),
    cells: ({ metadata, storageClassName, capacity }) => [metadata.name, storageClassName ?? "", capacity ?? "<unset>"],
  },
  "admissionregistration.k8s.io/MutatingWebhookConfiguration": webhooks,
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration": webhooks,
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy": named("Validations:integer|ParamKind", (policy) => [
    (policy.spec?.validations ?? []).length,
    paramKind(policy),
  ]),
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding": policyBinding,
  "admissionregistration.k8s.io/MutatingAdmissionPolicy": named("Mutations:integer|ParamKind", (policy) => [
    (policy.spec?.mutations ?? []).length,
    paramKind(policy),
  ]),
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding": policyBinding,
  "resource.k8s.io/DeviceClass": named("", () => []),
  "resource.k8s.io/ResourceClaim": named("State", (claim) => [claimState(claim)]),
  "resource.k8s.io/ResourceClaimTemplate": named("", () => []),
  "resource.k8s.io/ResourceSlice": named("Node|Driver|Pool", ({ spec }) => [
    spec?.nodeName || "<unset>",
    spec?.driver ?? "",
    spec?.pool?.name ?? "",
  ]),
  "apiregistration.k8s.io/APIService": apiService,
  "flowcontrol.apiserver.k8s.io/FlowSchema": flowSchema,
  "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration": priorityLevel,
};
