// Rows of workloads: deployments, sets, jobs, autoscalers, disruption budgets.
import { humanDuration, since } from "./age.ts";
import { columns, type Printer } from "./printer.ts";
import { boolText, containerCells, formatLabels, formatSelector, selectorText } from "./text.ts";

const wide = "Containers+|Images+|Selector+";

const deployment: Printer = {
  columns: columns(`Name|Ready|Up-to-date:integer|Available:integer|Age|${wide}`),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    selectorText(spec?.selector),
  ],
};

const replicaColumns = columns(`Name|Desired:integer|Current:integer|Ready:integer|Age|${wide}`);

function replicaPrinter(selector: (spec: any) => string): Printer {
  return {
    columns: replicaColumns,
    cells: ({ metadata, spec, status }, { now }) => [
      metadata.name,
      spec?.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      since(metadata.creationTimestamp, now),
      ...containerCells(spec?.template?.spec),
      selector(spec),
    ],
  };
}

const statefulSet: Printer = {
  columns: columns("Name|Ready|Age|Containers+|Images+"),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
  ],
};

const daemonSet: Printer = {
  columns: columns(`Name|Desired:integer|Current:integer|Ready:integer|Up-to-date:integer|Available:integer|Node Selector|Age|${wide}`),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    formatLabels(spec?.template?.spec?.nodeSelector),
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatSelector(spec?.selector),
  ],
};

function jobStatus({ metadata, status }: any): string {
  const holds = (type: string) => (status?.conditions ?? []).some((entry: any) => entry.type === type && entry.status === "True");
  if (holds("Complete")) return "Complete";
  if (holds("Failed")) return "Failed";
  if (metadata.deletionTimestamp) return "Terminating";
  for (const type of ["Suspended", "FailureTarget"]) if (holds(type)) return type;
  return "Running";
}

function jobCompletions({ spec, status }: any): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions != null) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration({ status }: any, now: number): string {
  if (!status?.startTime) return "";
  return humanDuration((status.completionTime ? Date.parse(status.completionTime) : now) - Date.parse(status.startTime));
}

const job: Printer = {
  columns: columns(`Name|Status>=31|Completions|Duration|Age|${wide}`),
  cells: (object, { now, minor }) => [
    object.metadata.name,
    ...(minor >= 31 ? [jobStatus(object)] : []),
    jobCompletions(object),
    jobDuration(object, now),
    since(object.metadata.creationTimestamp, now),
    ...containerCells(object.spec?.template?.spec),
    formatSelector(object.spec?.selector),
  ],
};

const cronJob: Printer = {
  columns: columns(`Name|Schedule|Timezone|Suspend:boolean|Active:integer|Last Schedule|Age|${wide}`),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name,
    spec?.schedule ?? "",
    spec?.timeZone ?? "<none>",
    boolText(spec?.suspend),
    (status?.active ?? []).length,
    status?.lastScheduleTime ? since(status.lastScheduleTime, now) : "<none>",
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.jobTemplate?.spec?.template?.spec),
    formatSelector(spec?.jobTemplate?.spec?.selector),
  ],
};

const unknown = "<unknown>";

function metricText(spec: any, status: any, named: boolean): string {
  const member = spec.type ? spec.type[0].toLowerCase() + spec.type.slice(1) : "";
  const target = spec[member]?.target ?? {};
  const current = status?.[member]?.current ?? {};
  switch (spec.type) {
    case "External":
    case "Object":
      if (target.averageValue != null) return `${current.averageValue ?? unknown}/${target.averageValue} (avg)`;
      return `${current.value ?? unknown}/${target.value ?? "0"}`;
    case "Pods":
      return `${current.averageValue ?? unknown}/${target.averageValue ?? "0"}`;
    case "Resource":
    case "ContainerResource": {
      const prefix = named ? `${spec[member].name}: ` : "";
      if (target.averageValue != null) return `${prefix}${current.averageValue ?? unknown}/${target.averageValue}`;
      const used = current.averageUtilization == null ? unknown : `${current.averageUtilization}%`;
      return `${prefix}${used}/${target.averageUtilization == null ? "<auto>" : `${target.averageUtilization}%`}`;
    }
    default:
      return "<unknown type>";
  }
}

/** An autoscaler's targets; `named` puts the resource's name before its figures (Kubernetes 1.30 on). */
function targets({ spec, status }: any, named: boolean): string {
  const metrics: any[] = spec?.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const texts = metrics.map((metric, index) => metricText(metric, status?.currentMetrics?.[index], named));
  const shown = texts.slice(0, 2).join(", ");
  return texts.length > 2 ? `${shown} + ${texts.length - 2} more...` : shown;
}

/** autoscaling/v1 has one metric in fields of its own. */
function asMetrics(object: any): any {
  const percent = object.spec?.targetCPUUtilizationPercentage;
  if (percent == null) return object;
  const current = object.status?.currentCPUUtilizationPercentage;
  const resource = { name: "cpu", target: { type: "Utilization", averageUtilization: percent } };
  return {
    spec: { metrics: [{ type: "Resource", resource }] },
    status: {
      currentMetrics: current == null ? [] : [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: current } } }],
    },
  };
}

const autoscaler: Printer = {
  columns: columns("Name|Reference|Targets|MinPods|MaxPods|Replicas|Age"),
  cells: (object, { now, minor }) => {
    const { metadata, spec, status } = object;
    return [
      metadata.name,
      `${spec?.scaleTargetRef?.kind ?? ""}/${spec?.scaleTargetRef?.name ?? ""}`,
      targets(asMetrics(object), minor >= 30),
      spec?.minReplicas == null ? "<unset>" : String(spec.minReplicas),
      spec?.maxReplicas ?? 0,
      status?.currentReplicas ?? 0,
      since(metadata.creationTimestamp, now),
    ];
  },
};

const disruptionBudget: Printer = {
  columns: columns("Name|Min Available|Max Unavailable|Allowed Disruptions:integer|Age"),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name,
    spec?.minAvailable == null ? "N/A" : String(spec.minAvailable),
    spec?.maxUnavailable == null ? "N/A" : String(spec.maxUnavailable),
    status?.disruptionsAllowed ?? 0,
    since(metadata.creationTimestamp, now),
  ],
};

const controllerRevision: Printer = {
  columns: columns("Name|Controller|Revision|Age"),
  cells: ({ metadata, revision }, { now }) => {
    const owner = (metadata.ownerReferences ?? []).find((reference: any) => reference.controller);
    const group = owner?.apiVersion?.includes("/") ? `.${owner.apiVersion.split("/")[0]}` : "";
    const name = owner ? `${`${owner.kind}${group}`.toLowerCase()}/${owner.name}` : "<none>";
    return [metadata.name, name, revision ?? 0, since(metadata.creationTimestamp, now)];
  },
};

const scale: Printer = {
  columns: columns("Name|Desired:integer|Available:integer|Age"),
  cells: ({ metadata, spec, status }, { now }) => [
    metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    since(metadata.creationTimestamp, now),
  ],
};

/** Printers by `group/Kind`. */
export const workloadPrinters: Readonly<Record<string, Printer>> = {
  "apps/Deployment": deployment,
  "apps/ReplicaSet": replicaPrinter((spec) => formatSelector(spec?.selector)),
  "/ReplicationController": replicaPrinter((spec) => formatLabels(spec?.selector)),
  "apps/StatefulSet": statefulSet,
  "apps/DaemonSet": daemonSet,
  "apps/ControllerRevision": controllerRevision,
  "batch/Job": job,
  "batch/CronJob": cronJob,
  "autoscaling/HorizontalPodAutoscaler": autoscaler,
  "autoscaling/Scale": scale,
  "policy/PodDisruptionBudget": disruptionBudget,
};
