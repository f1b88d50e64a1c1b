// All strategies, keyed `plural.group` of the form objects are kept in.
import { definitions } from "../custom/definition.ts";
import type { Strategy } from "../strategy.ts";
import { access } from "./access.ts";
import { admissionKinds } from "./admission.ts";
import { autoscalers, budgets } from "./autoscalers.ts";
import {
  byPut,
  certificateRequests,
  claims,
  claimsStorage,
  counted,
  namespaces,
  nodes,
  priorityClasses,
  returned,
  volumes,
} from "./cluster.ts";
import { configMaps, secrets } from "./config.ts";
import { ingressClasses, ingresses } from "./ingresses.ts";
import { networkPolicies } from "./network-policies.ts";
import { pods } from "./pods.ts";
import { services } from "./services.ts";
import { cronJobs, daemonSets, deployments, jobs, replicaSets, replicationControllers, statefulSets } from "./workloads.ts";

export const strategies: Readonly<Record<string, Strategy>> = {
  ...access,
  ...admissionKinds,
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
  resourcequotas: returned,
  endpoints: byPut,
  events: byPut,
  limitranges: byPut,
  "leases.coordination.k8s.io": byPut,
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
  "endpointslices.discovery.k8s.io": counted,
  "priorityclasses.scheduling.k8s.io": priorityClasses,
  "storageclasses.storage.k8s.io": claimsStorage,
  "certificatesigningrequests.certificates.k8s.io": certificateRequests,
  "customresourcedefinitions.apiextensions.k8s.io": definitions,
};
