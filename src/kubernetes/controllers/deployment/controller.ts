// Rolls deployments out: replica sets per pod template, scaled step by step.
import type { KubeObject } from "../../api/object.ts";
import { findCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { isAlreadyExists } from "../../runtime/errors.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { claim, controllerOf, ownerKeys } from "../../runtime/owners.ts";
import { compileSelector } from "../../runtime/selectors.ts";
import { type Change, keyOf, splitKey } from "../../runtime/store.ts";
import { isRollingUpdate, wasScaled } from "./arithmetic.ts";
import { deploymentStatus, hasDeadline, isComplete, judgeProgress, overdueIn, progressing } from "./progress.ts";
import { cleanUp, ensureNewSet, recreateStep, rollingStep, split } from "./rollout.ts";
import { scaleDeployment } from "./scale.ts";

const type = "deployments.apps";

/** The deployment controller. */
export function deploymentController(deps: ControllerDeps): Controller {
  const { stores } = deps;
  return {
    name: "deployment",
    watches: [
      { type, keys: ({ object }) => [keyOf(object)] },
      { type: "replicasets.apps", keys: (change) => setKeys(deps, change) },
      { type: "pods", keys: (change) => (change.type === "DELETED" ? podKeys(deps, change.object) : []) },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const deployment = stores.of(type).get(namespace, name);
      if (!deployment) return undefined;
      const matches = compileSelector(deployment.spec.selector);
      const sets = await claim({ client: deps.client, stores, type: "replicasets.apps", owner: deployment, matches });
      if (deployment.metadata.deletionTimestamp) return writeStatus(deps, deployment, sets, false);
      const current = await notePause(deps, deployment);
      return roll(deps, current, sets);
    },
  };
}

async function roll(deps: ControllerDeps, deployment: KubeObject, sets: readonly KubeObject[]): Promise<number | undefined> {
  if (deployment.spec.paused || wasScaled(deployment, sets)) {
    await ensureNewSet(deps, deployment, sets, false);
    await scaleDeployment(deps, fresh(deps, deployment), current(deps, sets));
    if (deployment.spec.paused) await cleanUp(deps, deployment, split(deployment, sets).oldSets);
    return writeStatus(deps, fresh(deps, deployment), current(deps, sets), true);
  }
  try {
    const after = await (isRollingUpdate(deployment) ? rollingStep : recreateStep)(deps, deployment, sets);
    const latest = fresh(deps, deployment);
    if (isComplete(latest, latest.status ?? {})) await cleanUp(deps, latest, split(latest, after).oldSets);
    return await writeStatus(deps, latest, after, true);
  } catch (error) {
    // A hash collision has been counted in the status; the next look uses another hash.
    if (isAlreadyExists(error)) return 1;
    throw error;
  }
}

/** Marks a pause or its end in the Progressing condition, so that the deadline clock does not run meanwhile. */
async function notePause({ client, stores, clock }: ControllerDeps, deployment: KubeObject): Promise<KubeObject> {
  const condition = findCondition(deployment.status?.conditions, "Progressing");
  if (!hasDeadline(deployment) || condition?.reason === "ProgressDeadlineExceeded") return deployment;
  const marked = condition?.reason === "DeploymentPaused";
  const paused = deployment.spec.paused === true;
  if (paused === marked) return deployment;
  const verdict = paused
    ? { status: "Unknown", reason: "DeploymentPaused", message: "Deployment is paused" }
    : { status: "Unknown", reason: "DeploymentResumed", message: "Deployment is resumed" };
  const written = await client.updateStatus(type, { ...deployment, status: progressing(deployment, verdict, clock.now()) });
  stores.of(type).observe(written);
  return written;
}

async function writeStatus(
  deps: ControllerDeps,
  deployment: KubeObject,
  sets: readonly KubeObject[],
  judge: boolean,
): Promise<number | undefined> {
  const { client, stores, clock } = deps;
  const now = clock.now();
  const { newSet } = split(deployment, sets);
  const counted = deploymentStatus(deployment, sets, newSet, now);
  let status = judge && !deployment.spec.paused ? judgeProgress(deployment, counted, sets, newSet, now) : counted;
  const absent = judge && hasDeadline(deployment) && !findCondition(status.conditions, "Progressing");
  if (absent && newSet) {
    status = progressing({ ...deployment, status }, newSetVerdict(deployment, newSet), now);
  }
  if (!sameSpec(deployment.status ?? {}, status)) stores.of(type).observe(await client.updateStatus(type, { ...deployment, status }));
  return overdueIn(deployment, status, now);
}

function newSetVerdict(deployment: KubeObject, newSet: KubeObject) {
  const made = newSet.metadata.creationTimestamp >= deployment.metadata.creationTimestamp && !newSet.status?.observedGeneration;
  return made
    ? { status: "True", reason: "NewReplicaSetCreated", message: `Created new replica set "${newSet.metadata.name}"` }
    : { status: "True", reason: "FoundNewReplicaSet", message: `Found new replica set "${newSet.metadata.name}"` };
}

function fresh({ stores }: ControllerDeps, deployment: KubeObject): KubeObject {
  const found = stores.of(type).get(deployment.metadata.namespace!, deployment.metadata.name);
  return found?.metadata.uid === deployment.metadata.uid ? found : deployment;
}

function current({ stores }: ControllerDeps, sets: readonly KubeObject[]): KubeObject[] {
  return sets.map((set) => stores.of("replicasets.apps").get(set.metadata.namespace!, set.metadata.name) ?? set);
}

function setKeys({ stores }: ControllerDeps, { object, old }: Change): string[] {
  const keys = [...ownerKeys(object, "Deployment"), ...(old ? ownerKeys(old, "Deployment") : [])];
  if (controllerOf(object)) return keys;
  const deployments = stores.of(type).list(object.metadata.namespace);
  return [...keys, ...deployments.filter((each) => compileSelector(each.spec.selector)(object.metadata.labels)).map(keyOf)];
}

/** A recreate rollout waits for the last old pod to go. */
function podKeys({ stores }: ControllerDeps, pod: KubeObject): string[] {
  const owner = controllerOf(pod);
  const set = owner?.kind === "ReplicaSet" ? stores.of("replicasets.apps").get(pod.metadata.namespace!, owner.name) : undefined;
  return set ? ownerKeys(set, "Deployment") : [];
}
