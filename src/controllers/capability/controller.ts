// The capability controller: definitions and access for ACK, Argo CD and kro (spec eks-control-plane §4.8, §17). Their software is not run.
import type { CapabilityStatus } from "@aws-sdk/client-eks";
import { install } from "../../clusters/addons/install.ts";
import { capabilityObjects } from "../../clusters/capabilities/definitions.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { CAPABILITIES_PRINCIPAL } from "../../services/eks/capabilities.ts";
import type { CapabilityRecord, CapabilitySettings } from "../../services/eks/capability-records.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { trustsService } from "../../services/eks/trust.ts";
import { ensureCapabilityEntry } from "../access.ts";
import type { ControllerDeps } from "../deps.ts";
import { failureOf } from "../issues.ts";
import { type Again, Loop } from "../loop.ts";
import { remaining } from "../timing.ts";

type Health = CapabilityRecord["health"];

const SOON: Again = { after: 250 };

/** Every capability says so, so that nobody waits for what will not come. */
const NOT_RUN: Health = [
  {
    code: "ClusterUnreachable",
    message:
      "Atoll does not run the controllers of capabilities: their custom resources can be created, and nothing acts on them. Not an issue of your configuration.",
  },
];

/** Makes the loop; the caller feeds it capability keys. */
export function capabilityLoop(deps: ControllerDeps): Loop {
  const { state, clock, timing } = deps;
  return new Loop("capability", clock, deps.log, async (key, failures): Promise<Again | undefined> => {
    const capability = state.capabilities.get(key);
    const clusterKey = key.slice(0, key.lastIndexOf("/"));
    const cluster = state.clusters.get(clusterKey);
    if (!capability || (cluster?.status !== "ACTIVE" && cluster?.status !== "UPDATING")) return undefined;
    const kube = deps.clusters.kube(clusterKey);
    if (!kube) return SOON;
    switch (capability.status) {
      case "CREATING":
      case "UPDATING":
        return deliver(deps, key, capability, cluster, kube, failures);
      case "DELETING":
        return remove(deps, key, clusterKey, capability);
      case "ACTIVE":
      case "DEGRADED": {
        const health = healthOf(deps, capability);
        const status = health === NOT_RUN ? "ACTIVE" : "DEGRADED";
        if (status !== capability.status) state.capabilities.put(key, { ...capability, status, health });
        return { after: timing.healthCheck };
      }
      default:
        return undefined;
    }
  });
}

/** The role must still be there and trust the service. */
function healthOf({ directory }: ControllerDeps, { roleArn }: CapabilitySettings): Health {
  const role = directory.role(roleArn);
  if (role && trustsService(role.trust, CAPABILITIES_PRINCIPAL, ["sts:AssumeRole", "sts:TagSession"])) return NOT_RUN;
  const reason = role ? `does not trust ${CAPABILITIES_PRINCIPAL}` : "does not exist";
  return [{ code: "AccessDenied", message: `The role ${roleArn} could not be assumed: it ${reason}.` }];
}

async function deliver(
  deps: ControllerDeps,
  key: string,
  capability: CapabilityRecord,
  cluster: ClusterRecord,
  kube: KubeClient,
  failures: number,
): Promise<Again | undefined> {
  const settings = capability.wanted ?? capability;
  const creating = capability.status === "CREATING";
  try {
    await install(kube, capabilityObjects(capability.type, settings.argoCd?.namespace));
    const health = healthOf(deps, settings);
    if (health !== NOT_RUN) {
      finish(deps, key, capability, creating ? "CREATE_FAILED" : "ACTIVE", health, health[0]);
      return undefined;
    }
    ensureCapabilityEntry(deps, cluster, settings.roleArn, policiesOf(capability.type, settings));
  } catch (error) {
    const failure = failureOf(error, failures);
    if (!failure) throw error;
    const problem = { code: "ClusterUnreachable", message: failure.message } as const;
    finish(deps, key, capability, creating ? "CREATE_FAILED" : "ACTIVE", [problem], problem);
    return undefined;
  }
  const began = creating ? capability.createdAt : updateOf(deps, key, capability)?.createdAt;
  const wait = remaining(deps.clock.now(), began ?? 0, deps.timing.capability);
  if (wait > 0) return { after: wait };
  finish(deps, key, capability, "ACTIVE", NOT_RUN, undefined);
  return { after: deps.timing.healthCheck };
}

/** Access policies of a capability's role; one without namespaces is for the whole cluster. */
function policiesOf(type: CapabilityRecord["type"], { argoCd }: CapabilitySettings) {
  if (type === "ACK") return [{ name: "AmazonEKSACKPolicy", namespaces: [] }];
  if (type === "KRO") return [{ name: "AmazonEKSKROPolicy", namespaces: [] }];
  return [
    { name: "AmazonEKSArgoCDClusterPolicy", namespaces: [] },
    { name: "AmazonEKSArgoCDPolicy", namespaces: argoCd ? [argoCd.namespace] : [] },
  ];
}

const updateKey = (key: string, { activeUpdate }: CapabilityRecord) => `${key.slice(0, key.lastIndexOf("/"))}/${activeUpdate}`;

const updateOf = ({ state }: ControllerDeps, key: string, capability: CapabilityRecord) => state.updates.get(updateKey(key, capability));

/** The end of a transition. After a failed update the settings stay those that were in force. */
function finish(
  { state, clock }: ControllerDeps,
  key: string,
  before: CapabilityRecord,
  status: CapabilityStatus,
  health: Health,
  problem: Health[number] | undefined,
): void {
  const current = state.capabilities.get(key);
  if (current?.arn !== before.arn || current.status !== before.status || current.activeUpdate !== before.activeUpdate) return;
  const { activeUpdate, wanted, ...rest } = current;
  const settled: CapabilityRecord = { ...rest, ...(problem === undefined ? wanted : {}) };
  const kept = activeUpdate !== undefined && problem !== undefined;
  state.store.transact(() => {
    state.capabilities.put(key, { ...settled, status, health: kept ? rest.health : health, modifiedAt: clock.now() });
    if (activeUpdate === undefined) return;
    state.updates.update(updateKey(key, current), (update) => ({
      ...update,
      status: problem === undefined ? "Successful" : "Failed",
      errors: problem === undefined ? [] : [{ errorCode: problem.code, errorMessage: problem.message, resourceIds: [] }],
      finishedAt: clock.now(),
    }));
  });
}

/** Definitions and objects stay, as deletePropagationPolicy RETAIN says; so does the role's access entry, which may serve others. */
function remove(
  { state, clock, timing }: ControllerDeps,
  key: string,
  clusterKey: string,
  capability: CapabilityRecord,
): Again | undefined {
  const wait = remaining(clock.now(), capability.deletingSince ?? 0, timing.capability);
  if (wait > 0) return { after: wait };
  state.store.transact(() => {
    for (const [updateKey, update] of state.updates.entries(`${clusterKey}/`)) {
      if (update.scope.capabilityName === capability.name) state.updates.delete(updateKey);
    }
    state.capabilities.delete(key);
  });
  return undefined;
}
