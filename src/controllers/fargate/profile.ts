// A Fargate profile on its way up or down (spec eks-control-plane §4.3, §14).
import { FARGATE_MANAGER } from "../../clusters/system-roles.ts";
import { StatusError } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { FargateProfileRecord } from "../../services/eks/fargate-records.ts";
import { PROFILE_LABEL } from "../../services/eks/fargate-selection.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import { ensureFargateEntry } from "../access.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Failure, failureOf } from "../issues.ts";
import type { Again } from "../loop.ts";
import { mapFargateRole } from "../nodegroup/aws-auth.ts";
import { remaining } from "../timing.ts";
import { fargatePods } from "./schedule.ts";

/** Takes a profile as far as it goes: CREATING to ACTIVE or CREATE_FAILED, DELETING to gone. */
export async function advanceProfile(
  deps: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  kube: KubeClient,
  profile: FargateProfileRecord,
  failures: number,
): Promise<Again | undefined> {
  try {
    if (profile.status === "CREATING") return await create(deps, key, cluster, kube, profile);
    if (profile.status === "DELETING") return await remove(deps, key, profile);
    return undefined;
  } catch (error) {
    const failure = failureOf(error, failures);
    if (!failure) throw error;
    fail(deps, key, profile, failure);
    return undefined;
  }
}

async function create(
  deps: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  kube: KubeClient,
  profile: FargateProfileRecord,
): Promise<Again | undefined> {
  asService(deps, cluster, "fargate");
  if (!ensureFargateEntry(deps, cluster, profile.podExecutionRoleArn)) {
    const message = `Pod execution role ${profile.podExecutionRoleArn} is already used by an access entry of another type`;
    const issue = { code: "PodExecutionRoleAlreadyInUse" as const, message, resourceIds: [profile.podExecutionRoleArn] };
    put(deps, key, profile, { status: "CREATE_FAILED", health: [issue] });
    return undefined;
  }
  if (cluster.authenticationMode !== "API") await mapFargateRole(kube, profile.podExecutionRoleArn);
  const wait = remaining(deps.clock.now(), profile.createdAt, deps.timing.fargateProfileCreate);
  if (wait > 0) return { after: wait };
  put(deps, key, profile, { status: "ACTIVE", health: [] });
  return undefined;
}

/** Its pods are deleted; who made them makes new ones, which go elsewhere. The role's access entry stays, as on EKS. */
async function remove(deps: ControllerDeps, key: string, profile: FargateProfileRecord): Promise<Again | undefined> {
  const parent = key.slice(0, key.lastIndexOf("/"));
  const kube = deps.clusters.kube(parent, FARGATE_MANAGER);
  if (!kube) return { after: 100 };
  const pods = fargatePods(kube).filter((pod) => pod.metadata.labels?.[PROFILE_LABEL] === profile.name);
  for (const { metadata } of pods) {
    if (metadata.deletionTimestamp) continue;
    await kube.delete("pods", metadata.namespace ?? "", metadata.name, { uid: metadata.uid }).catch((error: unknown) => {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    });
  }
  const left = deps.state.fargateMachines.list(`${parent}/`).some((machine) => machine.profile === profile.name);
  if (pods.length > 0 || left) return { after: 100 };
  const wait = remaining(deps.clock.now(), profile.deletingSince ?? deps.clock.now(), deps.timing.fargateProfileDelete);
  if (wait > 0) return { after: wait };
  deps.state.fargateProfiles.delete(key);
  return undefined;
}

function fail(deps: ControllerDeps, key: string, profile: FargateProfileRecord, failure: Failure): void {
  const code = failure.cluster === "AccessDenied" ? ("AccessDenied" as const) : ("InternalFailure" as const);
  const issue = { code, message: failure.message, resourceIds: failure.resourceIds };
  put(deps, key, profile, { status: profile.status === "DELETING" ? "DELETE_FAILED" : "CREATE_FAILED", health: [issue] });
}

/** Writes to a profile that still is in the status it was seen in. */
function put({ state }: ControllerDeps, key: string, seen: FargateProfileRecord, change: Partial<FargateProfileRecord>): void {
  const current = state.fargateProfiles.get(key);
  if (current?.status === seen.status) state.fargateProfiles.put(key, { ...current, ...change });
}
