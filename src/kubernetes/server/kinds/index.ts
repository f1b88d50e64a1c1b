// All strategies, keyed `plural.group` of the form objects are kept in.
import { definitions } from "../custom/definition.ts";
import type { Strategy } from "../strategy.ts";
import { access } from "./access.ts";
import { admissionKinds } from "./admission.ts";
import { apiServices } from "./api-services.ts";
import { autoscalers, budgets } from "./autoscalers.ts";
import { certificateRequests } from "./certificates.ts";
import { byPut, counted, namespaces, nodes, priorityClasses, returned } from "./cluster.ts";
import { clusterNetworkKinds } from "./cluster-network.ts";
import { configMaps, secrets } from "./config.ts";
import { deviceKinds } from "./devices.ts";
import { endpointSlices, endpoints } from "./discovery.ts";
import { ingressClasses, ingresses } from "./ingresses.ts";
import { cronJobs, jobs } from "./jobs.ts";
import { limitRanges } from "./limits.ts";
import { networkPolicies } from "./network-policies.ts";
import { pods } from "./pods.ts";
import { resourceQuotas } from "./quotas.ts";
import { services } from "./services.ts";
import { leases, runtimeClasses } from "./small-kinds.ts";
import { attributesClasses, claims, storageClasses, volumes } from "./storage.ts";
import { storageDrivers } from "./storage-drivers.ts";
import { daemonSets, deployments, replicaSets, replicationControllers, statefulSets } from "./workloads.ts";

export const strategies: Readonly<Record<string, Strategy>> = {
  ...access,
  ...admissionKinds,
  ...deviceKinds,
  ...clusterNetworkKinds,
  ...storageDrivers,
  pods,
  services,
  configmaps: configMaps,
  secrets,
  namespaces,
  nodes,
  persistentvolumeclaims: claims,
  persistentvolumes: volumes,
  replicationcontrollers: replicationControllers,
  serviceaccounts: returned,
  podtemplates: { ...counted, createOnUpdate: true },
  resourcequotas: resourceQuotas,
  endpoints,
  events: byPut,
  limitranges: limitRanges,
  "leases.coordination.k8s.io": leases,
  "deployments.apps": deployments,
  "replicasets.apps": replicaSets,
  "statefulsets.apps": statefulSets,
  "daemonsets.apps": daemonSets,
  "jobs.batch": jobs,
  "cronjobs.batch": cronJobs,
  "poddisruptionbudgets.policy": budgets,
  "ingresses.networking.k8s.io": ingresses,
  "ingressclasses.networking.k8s.io": ingressClasses,
  "networkpolicies.networking.k8s.io": networkPolicies,
  "horizontalpodautoscalers.autoscaling": autoscalers,
  "endpointslices.discovery.k8s.io": endpointSlices,
  "apiservices.apiregistration.k8s.io": apiServices,
  "priorityclasses.scheduling.k8s.io": priorityClasses,
  "storageclasses.storage.k8s.io": storageClasses,
  "volumeattributesclasses.storage.k8s.io": attributesClasses,
  "runtimeclasses.node.k8s.io": runtimeClasses,
  "certificatesigningrequests.certificates.k8s.io": certificateRequests,
  "customresourcedefinitions.apiextensions.k8s.io": definitions,
};
