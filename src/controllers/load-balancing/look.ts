// One look at a cluster's load balancing: every stack goes as far as it can now, then targets follow endpoints.
import { AwsError } from "../../aws/errors.ts";
import { type LoadBalancerModel, ModelError } from "../../clusters/load-balancing/model.ts";
import { BINDINGS, finalizerOf } from "../../clusters/load-balancing/names.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { arrangeBindings, type BindingMemory, followEndpoints, removeBindings } from "./bindings.ts";
import type { Balancing } from "./context.ts";
import { type Deployed, deploy, subnetsOf } from "./deploy.ts";
import { openCluster, type PortRanges, removeBackend } from "./groups.ts";
import { type Observed, observe } from "./observed.ts";
import { addFinalizer, dropFinalizer, listIfKnown, removeResources, showHostname } from "./remove.ts";
import { type Stack, stacksOf } from "./stacks.ts";

/** How long what was deployed is taken to be so. */
const TRUSTED_MS = 600_000;

/** What is remembered of a cluster while it is watched. A restart forgets it and looks at everything anew. */
export interface Memory {
  /** By origin and name of the stack. */
  readonly deployed: Map<string, { readonly model: string; readonly at: number; readonly result: Deployed }>;
  readonly bound: BindingMemory;
  /** Nothing was wanted, and nothing was left. */
  empty: boolean;
  /** What was last made sure of: whether there are stacks, ports open to load balancers, and about when. */
  open?: string;
}

/** Brings a cluster's load balancing forward. `busy`: there is something that may change from outside. */
export async function look(
  balancing: Balancing,
  memory: Memory,
  now: number,
): Promise<{ readonly failed: number; readonly busy: boolean }> {
  const { kube, cluster } = balancing;
  const stacks = stacksOf(kube, cluster);
  const busy = stacks.length > 0 || listIfKnown(kube, BINDINGS).length > 0;
  if (!busy && memory.empty) return { failed: 0, busy };
  let failed = 0;
  const attempt = async (objects: readonly KubeObject[], work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof AwsError) && !(error instanceof ModelError)) throw error;
      failed++;
      const [reason, what] = error instanceof ModelError ? ["FailedBuildModel", "build model"] : ["FailedDeployModel", "deploy model"];
      for (const object of objects) balancing.tell(object, "Warning", reason!, `Failed ${what} due to ${error.message}`);
    }
  };
  for (const stack of stacks) await attempt([...stack.members, ...stack.leaving], () => advance(balancing, memory, stack, now));
  await attempt([], () => removeOrphans(balancing, stacks, memory));
  const bound = await followEndpoints(balancing, memory.bound, now);
  await attempt([], () => arrangeBackend(balancing, memory, stacks, bound.ports, now));
  failed += bound.failed;
  memory.empty = !busy && failed === 0;
  return { failed, busy };
}

const keyOf = ({ origin, name }: Pick<Stack, "origin" | "name">) => `${origin} ${name}`;

async function advance(balancing: Balancing, memory: Memory, stack: Stack, now: number): Promise<void> {
  const { kube } = balancing;
  const finalizer = finalizerOf(stack.origin, stack.name);
  if (stack.members.length === 0) await clear(balancing, memory, stack);
  else await realize(balancing, memory, stack, finalizer, now);
  for (const object of stack.leaving) {
    if (!object.metadata.deletionTimestamp) await showHostname(kube, stack.type, object, undefined);
    await dropFinalizer(kube, stack.type, object, finalizer);
  }
}

/** Nobody wants the stack any more. */
async function clear(balancing: Balancing, memory: Memory, { origin, name }: Stack): Promise<void> {
  await removeBindings(balancing, { origin, stack: name });
  await removeResources(balancing, await observe(balancing), (each) => each.origin === origin && each.stack === name);
  memory.deployed.delete(keyOf({ origin, name }));
}

async function realize(balancing: Balancing, memory: Memory, stack: Stack, finalizer: string, now: number): Promise<void> {
  const model = stack.build();
  const text = JSON.stringify(model);
  const known = memory.deployed.get(keyOf(stack));
  const trusted = known?.model === text && now - known.at < TRUSTED_MS;
  const result = trusted ? known.result : await make(balancing, stack, model, finalizer);
  memory.deployed.set(keyOf(stack), { model: text, at: trusted ? known.at : now, result });
  await arrangeBindings(balancing, model, result.targetGroups);
  for (const object of stack.members) {
    await addFinalizer(balancing.kube, stack.type, object, finalizer);
    await showHostname(balancing.kube, stack.type, object, result.hostname);
    if (known?.model !== text) balancing.tell(object, "Normal", "SuccessfullyReconciled", "Successfully reconciled");
  }
}

async function make(balancing: Balancing, { members, type }: Stack, model: LoadBalancerModel, finalizer: string): Promise<Deployed> {
  const subnets = await subnetsOf(balancing, model);
  for (const object of members) await addFinalizer(balancing.kube, type, object, finalizer);
  return deploy(balancing, model, subnets, await observe(balancing));
}

/** Deletes what belongs to objects that went without waiting. */
async function removeOrphans(balancing: Balancing, stacks: readonly Stack[], memory: Memory): Promise<void> {
  const gone = [...memory.deployed.keys()].filter((key) => !stacks.some((stack) => keyOf(stack) === key));
  if (gone.length === 0 && memory.open !== undefined) return;
  const observed = await observe(balancing);
  const orphan = (each: { origin: Stack["origin"]; stack: string }) =>
    !stacks.some((stack) => stack.origin === each.origin && stack.name === each.stack);
  for (const each of resourcesOf(observed).filter(orphan)) await removeBindings(balancing, each);
  await removeResources(balancing, observed, orphan);
  for (const key of gone) memory.deployed.delete(key);
}

const resourcesOf = ({ loadBalancers, targetGroups, groups }: Observed) => [...loadBalancers, ...targetGroups, ...groups];

/** The shared group has the way to pods that targets need; without stacks it goes. */
async function arrangeBackend(
  balancing: Balancing,
  memory: Memory,
  stacks: readonly Stack[],
  ports: PortRanges,
  now: number,
): Promise<void> {
  const wanted = JSON.stringify([stacks.length > 0, [...ports], Math.floor(now / TRUSTED_MS)]);
  if (memory.open === wanted) return;
  const { backendGroup } = await observe(balancing);
  if (backendGroup !== undefined) {
    if (stacks.length > 0) await openCluster(balancing, backendGroup, ports);
    else await removeBackend(balancing, backendGroup);
  }
  memory.open = wanted;
}
