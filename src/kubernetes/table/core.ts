// Rows of the core group's other kinds.
import { since } from "./age.ts";
import { columns, type Printer } from "./printer.ts";
import { accessModes, containerCells, formatLabels } from "./text.ts";

const rolePrefix = "node-role.kubernetes.io/";

function nodeRoles(labels: Record<string, string>): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(labels)) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) roles.add(key.slice(rolePrefix.length));
    else if (key === "kubernetes.io/role" && value !== "") roles.add(value);
  }
  return [...roles].sort().join(",") || "<none>";
}

const node: Printer = {
  columns: columns("Name|Status|Roles|Age|Version|Internal-IP+|External-IP+|OS-Image+|Kernel-Version+|Container-Runtime+"),
  cells: ({ metadata, spec, status }, { now }) => {
    const ready = (status?.conditions ?? []).find((condition: any) => condition.type === "Ready");
    const state = ready ? (ready.status === "True" ? "Ready" : "NotReady") : "Unknown";
    const address = (type: string) => (status?.addresses ?? []).find((entry: any) => entry.type === type)?.address ?? "<none>";
    const info = status?.nodeInfo ?? {};
    return [
      metadata.name,
      spec?.unschedulable ? `${state},SchedulingDisabled` : state,
      nodeRoles(metadata.labels ?? {}),
      since(metadata.creationTimestamp, now),
      info.kubeletVersion ?? "",
      address("InternalIP"),
      address("ExternalIP"),
      info.osImage || "<unknown>",
      info.kernelVersion || "<unknown>",
      info.containerRuntimeVersion || "<unknown>",
    ];
  },
};

const namespace: Printer = {
  columns: columns("Name|Status|Age"),
  cells: ({ metadata, status }, { now }) => [metadata.name, status?.phase ?? "", since(metadata.creationTimestamp, now)],
};

const secret: Printer = {
  columns: columns("Name|Type|Data:integer|Age"),
  cells: ({ metadata, type, data }, { now }) => [
    metadata.name,
    type ?? "",
    Object.keys(data ?? {}).length,
    since(metadata.creationTimestamp, now),
  ],
};

const configMap: Printer = {
  columns: columns("Name|Data:integer|Age"),
  cells: ({ metadata, data, binaryData }, { now }) => [
    metadata.name,
    Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    since(metadata.creationTimestamp, now),
  ],
};

const serviceAccount: Printer = {
  columns: columns("Name|Secrets:integer|Age"),
  cells: ({ metadata, secrets }, { now }) => [metadata.name, (secrets ?? []).length, since(metadata.creationTimestamp, now)],
};

function storageClassOf({ metadata, spec }: any): string {
  return metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "";
}

const volume: Printer = {
  columns: columns("Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|VolumeMode+"),
  cells: (object, { now }) => {
    const { metadata, spec, status } = object;
    return [
      metadata.name,
      spec?.capacity?.storage ?? "0",
      accessModes(spec?.accessModes),
      spec?.persistentVolumeReclaimPolicy ?? "",
      metadata.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
      spec?.claimRef ? `${spec.claimRef.namespace ?? ""}/${spec.claimRef.name ?? ""}` : "",
      storageClassOf(object),
      spec?.volumeAttributesClassName ?? "<unset>",
      status?.reason ?? "",
      since(metadata.creationTimestamp, now),
      spec?.volumeMode ?? "<unset>",
    ];
  },
};

const volumeClaim: Printer = {
  columns: columns("Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode+"),
  cells: (object, { now }) => {
    const { metadata, spec, status } = object;
    const bound = Boolean(spec?.volumeName);
    return [
      metadata.name,
      metadata.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
      spec?.volumeName ?? "",
      bound ? (status?.capacity?.storage ?? "0") : "",
      bound ? accessModes(status?.accessModes) : "",
      storageClassOf(object),
      spec?.volumeAttributesClassName ?? "<unset>",
      since(metadata.creationTimestamp, now),
      spec?.volumeMode ?? "<unset>",
    ];
  },
};

const podTemplate: Printer = {
  columns: columns("Name|Containers|Images|Pod Labels"),
  cells: ({ metadata, template }) => [metadata.name, ...containerCells(template?.spec), formatLabels(template?.metadata?.labels)],
};

const quotaColumns = columns("Name|Request|Limit|Age");
const oldQuotaColumns = columns("Name|Age|Request|Limit");

/** Newer servers moved the age to the end, where the other kinds have it. */
const quota: Printer = {
  columns: (minor) => (minor >= 33 ? quotaColumns : oldQuotaColumns)(minor),
  cells: ({ metadata, status }, { now, minor }) => {
    const figures = (limits: boolean) =>
      Object.keys(status?.hard ?? {})
        .filter((name) => name.startsWith("limits.") === limits)
        .sort()
        .map((name) => `${name}: ${status.used?.[name] ?? "0"}/${status.hard[name]}`)
        .join(", ");
    const age = since(metadata.creationTimestamp, now);
    const both = [figures(false), figures(true)];
    return minor >= 33 ? [metadata.name, ...both, age] : [metadata.name, age, ...both];
  },
};

const componentStatus: Printer = {
  columns: columns("Name|Status|Message|Error"),
  cells: ({ metadata, conditions }) => {
    const healthy = (conditions ?? []).find((condition: any) => condition.type === "Healthy");
    const status = healthy ? (healthy.status === "True" ? "Healthy" : "Unhealthy") : "Unknown";
    return [metadata.name, status, healthy?.message ?? "", healthy?.error ?? ""];
  },
};

function eventSource({ source, reportingComponent, reportingController, reportingInstance, deprecatedSource }: any): string {
  const from = source ?? deprecatedSource ?? {};
  const component = from.component || reportingComponent || reportingController || "";
  const host = from.host || reportingInstance || "";
  return host ? `${component}, ${host}` : component;
}

/** Events of both groups: events.k8s.io renamed most of the core group's fields. */
const event: Printer = {
  columns: columns("Last Seen|Type|Reason|Object|Subobject+|Source+|Message|First Seen+|Count:integer+|Name+"),
  cells: (object, { now }) => {
    const target = object.involvedObject ?? object.regarding ?? {};
    const kind = String(target.kind ?? "").toLowerCase();
    const first = since(object.firstTimestamp ?? object.deprecatedFirstTimestamp ?? object.eventTime, now);
    const lastTimestamp = object.lastTimestamp ?? object.deprecatedLastTimestamp;
    const last = object.series ? since(object.series.lastObservedTime, now) : lastTimestamp ? since(lastTimestamp, now) : first;
    return [
      last,
      object.type ?? "",
      object.reason ?? "",
      target.name ? `${kind}/${target.name}` : kind,
      target.fieldPath ?? "",
      eventSource(object),
      String(object.message ?? object.note ?? "").trim(),
      first,
      object.series ? (object.series.count ?? 0) : object.count || object.deprecatedCount || 1,
      object.metadata.name,
    ];
  },
};

/** Printers by `group/Kind`. */
export const corePrinters: Readonly<Record<string, Printer>> = {
  "/Node": node,
  "/Namespace": namespace,
  "/Secret": secret,
  "/ConfigMap": configMap,
  "/ServiceAccount": serviceAccount,
  "/PersistentVolume": volume,
  "/PersistentVolumeClaim": volumeClaim,
  "/PodTemplate": podTemplate,
  "/ResourceQuota": quota,
  "/ComponentStatus": componentStatus,
  "/Event": event,
  "events.k8s.io/Event": event,
};
