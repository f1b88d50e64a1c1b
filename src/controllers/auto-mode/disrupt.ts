// Taking nodes away that are empty, drifted or not worth their price, within budgets (Karpenter documentation, "Disruption").
import { allowance, type Reason } from "../../clusters/auto-mode/budgets.ts";
import { NODE_CLAIMS } from "../../clusters/auto-mode/built-in.ts";
import type { PlannedNode } from "../../clusters/auto-mode/plan.ts";
import { POOL_LABEL } from "../../clusters/auto-mode/pool.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { compileSelector } from "../../kubernetes/runtime/selectors.ts";
import { parseTime } from "../../kubernetes/runtime/time.ts";
import { unlessGone } from "../nodegroup/node-objects.ts";
import type { AutoCluster, Command } from "./context.ts";
import { podsOf } from "./disruption-marks.ts";
import { offeringsOf } from "./launch.ts";
import type { Held } from "./lifecycle.ts";
import { makeClaim, planNow, type Scene } from "./provision.ts";
import { holds } from "./status.ts";
import { markDisrupted, unmarkDisrupted } from "./terminate.ts";

/** Replacements that take longer are waited for no more. */
const PATIENCE_MS = 10 * 60_000;
/** Starting nodes are waited for as long as this. */
const START_MS = 5 * 60_000;
const DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt";
/** Nodes consolidated into one at most. */
const MOST_TOGETHER = 10;

/** Finishes what was begun, then begins at most one disruption. */
export async function disrupt(auto: AutoCluster, scene: Scene): Promise<void> {
  await goOn(auto, scene);
  if (auto.memory.commands.length > 0 || scene.held.some((held) => isStarting(auto, held))) return;
  const candidates = scene.held.filter((held) => isCandidate(auto, held, scene));
  if (candidates.length === 0) return;
  if (await emptiness(auto, scene, candidates)) return;
  if (await drift(auto, scene, candidates)) return;
  await consolidation(auto, scene, candidates);
}

/** A node that pods wait for: until it is there nothing is moved. One that does not come up holds nothing up for long. */
const isStarting = ({ deps }: AutoCluster, { claim }: Held) =>
  !claim.metadata.deletionTimestamp &&
  holds(claim, "Launched") &&
  !holds(claim, "Initialized") &&
  deps.clock.now() - parseTime(claim.metadata.creationTimestamp) < START_MS;

const byName = ({ held }: Scene, name: string) => held.find(({ claim }) => claim.metadata.name === name);

/** Deletes candidates whose replacements are there; gives up commands whose replacements do not come. */
async function goOn(auto: AutoCluster, scene: Scene): Promise<void> {
  const { memory, deps } = auto;
  for (const command of [...memory.commands]) {
    const replacements = command.replacements.map((name) => byName(scene, name));
    const candidates = command.candidates.flatMap((name) => byName(scene, name) ?? []);
    const done = replacements.every((held) => held && holds(held.claim, "Initialized"));
    const lost = replacements.some((held) => !held) || deps.clock.now() - command.since > PATIENCE_MS;
    if (!done && !lost) continue;
    memory.commands.splice(memory.commands.indexOf(command), 1);
    for (const held of candidates) {
      if (done) await remove(auto, held, command.reason);
      else if (held.node) await unmarkDisrupted(auto, held.node);
    }
  }
}

async function remove({ kube, events }: AutoCluster, { claim, node }: Held, reason: Reason): Promise<void> {
  if (node) events.event(node, "Normal", "DisruptionTerminating", `Disrupting Node: ${reason}`);
  events.event(claim, "Normal", "DisruptionTerminating", `Disrupting NodeClaim: ${reason}`);
  await kube.delete(NODE_CLAIMS, "", claim.metadata.name).catch(unlessGone);
}

/** Whether a node may be disrupted at all: nobody forbids it, and budgets of its pods leave room. */
function isCandidate(auto: AutoCluster, held: Held, scene: Scene): boolean {
  const { claim, node } = held;
  if (!node || !holds(claim, "Initialized") || claim.metadata.deletionTimestamp || !poolOf(scene, held)) return false;
  if (!holds(claim, "Drifted") && !holds(claim, "Consolidatable")) return false;
  if (node.metadata.annotations?.[DO_NOT_DISRUPT] === "true") return false;
  const pods = podsOf(auto, held);
  const blocked = pods.find((pod) => pod.metadata.annotations?.[DO_NOT_DISRUPT] === "true" || isProtected(auto, pod));
  if (!blocked) return true;
  const message = `Pod is blocking eviction: ${blocked.metadata.namespace}/${blocked.metadata.name}`;
  if (auto.memory.told.get(`${node.metadata.uid}/blocked`) !== message) {
    auto.events.event(node, "Normal", "DisruptionBlocked", message);
    auto.memory.told.set(`${node.metadata.uid}/blocked`, message);
  }
  return false;
}

function isProtected({ kube }: AutoCluster, { metadata }: KubeObject): boolean {
  return kube
    .list("poddisruptionbudgets.policy", { namespace: metadata.namespace! })
    .some(({ spec, status }) => compileSelector(spec?.selector)(metadata.labels) && (status?.disruptionsAllowed ?? 0) === 0);
}

const poolName = ({ claim }: Held) => claim.metadata.labels?.[POOL_LABEL] ?? "";
const poolOf = ({ pools }: Scene, held: Held) =>
  pools.find(({ metadata }) => metadata.name === poolName(held) && !metadata.deletionTimestamp);

/** The candidates that budgets allow to go for a reason. */
function within(auto: AutoCluster, scene: Scene, reason: Reason, candidates: readonly Held[]): Held[] {
  const left = new Map<string, number>();
  const now = auto.deps.clock.now();
  return candidates.filter((held) => {
    const name = poolName(held);
    if (!left.has(name)) {
      const own = scene.held.filter((each) => poolName(each) === name);
      const going = own.filter(({ claim, node }) => claim.metadata.deletionTimestamp || (node && !isReady(node)));
      left.set(name, allowance(poolOf(scene, held)?.spec.disruption?.budgets, reason, own.length, going.length, now));
    }
    const room = left.get(name)!;
    left.set(name, room - 1);
    return room > 0;
  });
}

const isReady = (node: KubeObject) =>
  node.status?.conditions?.some(({ type, status }: { type: string; status: string }) => type === "Ready" && status === "True");

async function emptiness(auto: AutoCluster, scene: Scene, candidates: readonly Held[]): Promise<boolean> {
  const empty = candidates.filter((held) => holds(held.claim, "Consolidatable") && podsOf(auto, held).length === 0);
  const going = within(auto, scene, "Empty", empty);
  for (const held of going) {
    if (held.node) await markDisrupted(auto, held.node);
    await remove(auto, held, "Empty");
  }
  return going.length > 0;
}

async function drift(auto: AutoCluster, scene: Scene, candidates: readonly Held[]): Promise<boolean> {
  const [held] = within(
    auto,
    scene,
    "Drifted",
    candidates.filter(({ claim }) => holds(claim, "Drifted")),
  );
  if (!held) return false;
  const { made, refused } = planNow(auto, scene, new Set([held.claim.metadata.name]));
  if (refused.size > 0) return false;
  await begin(auto, scene, [held], made, "Drifted");
  return true;
}

/** Marks candidates and makes what replaces them; without replacements they go at once. */
async function begin(auto: AutoCluster, scene: Scene, going: readonly Held[], made: readonly PlannedNode[], reason: Reason): Promise<void> {
  for (const { node } of going) if (node) await markDisrupted(auto, node);
  const replacements: string[] = [];
  for (const planned of made) replacements.push((await makeClaim(auto, scene, planned)).metadata.name);
  const command: Command = {
    reason,
    candidates: going.map(({ claim }) => claim.metadata.name),
    replacements,
    since: auto.deps.clock.now(),
  };
  if (replacements.length > 0) auto.memory.commands.push(command);
  else for (const held of going) await remove(auto, held, reason);
}

async function consolidation(auto: AutoCluster, scene: Scene, candidates: readonly Held[]): Promise<void> {
  const policy = (held: Held) => poolOf(scene, held)?.spec.disruption?.consolidationPolicy ?? "WhenEmptyOrUnderutilized";
  const underused = candidates.filter((held) => holds(held.claim, "Consolidatable") && policy(held) === "WhenEmptyOrUnderutilized");
  const allowed = within(auto, scene, "Underutilized", underused)
    .map((held) => ({ held, pods: podsOf(auto, held).length }))
    .sort((a, b) => a.pods - b.pods)
    .map(({ held }) => held);
  for (let count = Math.min(allowed.length, MOST_TOGETHER); count > 1; count = Math.floor(count / 2)) {
    if (await tryConsolidating(auto, scene, allowed.slice(0, count))) return;
  }
  for (const held of allowed) if (await tryConsolidating(auto, scene, [held])) return;
}

/** Takes nodes away if their pods fit elsewhere, or on one cheaper node. */
async function tryConsolidating(auto: AutoCluster, scene: Scene, going: readonly Held[]): Promise<boolean> {
  const { made, refused } = planNow(auto, scene, new Set(going.map(({ claim }) => claim.metadata.name)));
  if (refused.size > 0 || made.length > 1) return false;
  const [replacement] = made;
  if (!replacement) {
    await begin(auto, scene, going, [], "Underutilized");
    return true;
  }
  const cost = going.reduce((sum, held) => sum + priceOf(auto, held), 0);
  const cheaper = replacement.offerings.filter(({ price }) => price < cost);
  // Spot instances are not replaced by cheaper spot instances: those would be interrupted sooner.
  const spot = going.some(({ claim }) => claim.metadata.labels?.["karpenter.sh/capacity-type"] === "spot");
  if (cheaper.length === 0 || spot) return false;
  await begin(auto, scene, going, [{ ...replacement, offering: cheaper[0]!, offerings: cheaper }], "Underutilized");
  return true;
}

function priceOf(auto: AutoCluster, { claim, nodeClass }: Held): number {
  const { labels = {} } = claim.metadata;
  const found = (nodeClass ? offeringsOf(auto, nodeClass) : []).find(
    ({ type, capacityType }) =>
      type === labels["node.kubernetes.io/instance-type"] && capacityType === labels["karpenter.sh/capacity-type"],
  );
  return found?.price ?? 0;
}
