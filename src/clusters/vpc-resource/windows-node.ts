// One Windows node under the VPC resource controller: its pool of addresses, and the pods it gives them to (spec vpc-cni §7.3).
import { WINDOWS_ADDRESS } from "../../cni/branch/names.ts";
import { isFinished } from "../../cni/branch/pod-claims.ts";
import { isWindowsIpamOn } from "../../cni/branch/settings.ts";
import { codeOf } from "../../cni/ipamd/errors.ts";
import { type WindowsCapacity, windowsCapacity } from "../../cni/windows/capacity.ts";
import { NodePools } from "../../cni/windows/node-pools.ts";
import { readPodAddress } from "../../cni/windows/pod-address.ts";
import { arePrefixesOn, windowsSettings } from "../../cni/windows/settings.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { advertise } from "./advertise.ts";
import { type ClusterContext, type NodeState, nodeReference } from "./context.ts";
import { serveAddresses } from "./windows-pods.ts";
import type { WindowsState } from "./windows-state.ts";

/** How often EC2 is asked what the node has. */
const SYNC_PERIOD = 15 * 60_000;
/** Pauses after EC2 refused something; a subnet without a free block rests for longer. */
const FIRST_RETRY = 600;
const LONGEST_RETRY = 30_000;
const NO_BLOCKS_RETRY = 120_000;

type Pods = ReadonlyMap<string, KubeObject>;
const NOBODY: Pods = new Map();

/** Whether the node runs Windows. */
export const isWindows = ({ metadata: { labels = {} } }: KubeObject) => labels["kubernetes.io/os"] === "windows";

/** Brings a Windows node closer to what is wanted; milliseconds until it is to be done again. Rejects with what Kubernetes answered. */
export async function reconcileWindows(context: ClusterContext, state: NodeState, node: KubeObject): Promise<number | undefined> {
  const { clock, settings, addressPods } = context;
  if (!isWindowsIpamOn(settings())) {
    state.windows = undefined;
    return undefined;
  }
  if (state.unsupported) return undefined;
  const pods = addressPods.get(node.metadata.name) ?? NOBODY;
  if (!state.windows) {
    const wait = await initialize(context, state, node, pods);
    if (wait !== undefined) return wait;
  }
  const { windows } = state;
  if (!windows) return undefined;
  await synchronize(context, windows, pods);
  const capacity = windowsCapacity(windows.instanceType, arePrefixesOn(settings()));
  if (!capacity) return undefined;
  await advertise(context, node, WINDOWS_ADDRESS, capacity.addresses);
  const { pools } = windows;
  for (const uid of pools.pods) {
    const pod = pods.get(uid);
    if (!pod || isFinished(pod)) pools.release(uid, clock.now());
  }
  await maintain(context, windows, node, capacity);
  const again = await serveAddresses(context, state, windows, capacity, pods);
  await maintain(context, windows, node, capacity);
  const now = clock.now();
  const times = [windows.syncAt, pools.nextWarm, windows.pausedUntil > now ? windows.pausedUntil : undefined];
  return Math.max(1, Math.min(...times.filter((each) => each !== undefined).map((each) => each - now), again ?? SYNC_PERIOD));
}

/** One attempt, when it is time for one; milliseconds until the next, undefined if none is needed. */
async function initialize(context: ClusterContext, state: NodeState, node: KubeObject, pods: Pods): Promise<number | undefined> {
  const { clock, log } = context;
  if (clock.now() < state.dueAt) return state.dueAt - clock.now();
  try {
    state.windows = await lookUp(context, state, node, pods);
    return undefined;
  } catch (error) {
    const wait = Math.min(FIRST_RETRY * 2 ** state.failures++, LONGEST_RETRY);
    state.dueAt = clock.now() + wait;
    log.info({ node: node.metadata.name, cause: (error as Error).message, retryInMs: wait }, "Windows node could not be looked up");
    return wait;
  }
}

/** What EC2 and the pods say of the node; undefined, told once, if its type is not known. Rejects with EC2's error. */
async function lookUp(context: ClusterContext, state: NodeState, node: KubeObject, pods: Pods): Promise<WindowsState | undefined> {
  const { ec2, addresses, events, clock } = context;
  const { instanceId } = state;
  const { instanceType, subnetId } = await ec2.instance(instanceId);
  const capacity = windowsCapacity(instanceType, false);
  if (!capacity) {
    state.unsupported = true;
    const message = `The instance type ${instanceType} is not supported for Windows`;
    events.event(nodeReference(node.metadata.name), "Warning", "Unsupported", message);
    return undefined;
  }
  const mask = Number((await ec2.subnet(subnetId)).cidr.split("/")[1]);
  const pools = new NodePools({ ec2: addresses, instanceId, slots: capacity.slots, mask });
  await pools.sync();
  adopt(pools, pods);
  return { instanceType, pools, syncAt: clock.now() + SYNC_PERIOD, failures: 0, failure: "", pausedUntil: 0 };
}

/** What pods hold by their annotations is not the pool's to give. */
function adopt(pools: NodePools, pods: Pods): void {
  for (const pod of pods.values()) {
    const held = readPodAddress(pod);
    if (held !== undefined && !isFinished(pod) && pools.of(pod.metadata.uid) === undefined) pools.adopt(pod.metadata.uid, held);
  }
}

/** Takes in what EC2 has, when it is time. */
async function synchronize({ clock, log }: ClusterContext, windows: WindowsState, pods: Pods): Promise<void> {
  if (clock.now() < windows.syncAt) return;
  windows.syncAt = clock.now() + SYNC_PERIOD;
  try {
    await windows.pools.sync();
    adopt(windows.pools, pods);
  } catch (error) {
    windows.syncAt = clock.now() + LONGEST_RETRY;
    log.warn({ error: (error as Error).message }, "addresses of a Windows node not listed");
  }
}

/** Brings the pool to its target, unless EC2 refused a moment ago. What it refuses is told by events of the node. */
async function maintain(context: ClusterContext, windows: WindowsState, node: KubeObject, { prefixes }: WindowsCapacity): Promise<void> {
  const { clock, settings, events, log } = context;
  if (clock.now() < windows.pausedUntil) return;
  try {
    await windows.pools.maintain(windowsSettings(settings(), prefixes), clock.now());
    windows.failures = 0;
    windows.failure = "";
  } catch (error) {
    const code = codeOf(error);
    const message = (error as Error).message;
    const pause = code === "InsufficientCidrBlocks" ? NO_BLOCKS_RETRY : Math.min(FIRST_RETRY * 2 ** windows.failures, LONGEST_RETRY);
    windows.failures++;
    windows.failure = code;
    windows.pausedUntil = clock.now() + pause;
    windows.syncAt = windows.pausedUntil;
    log.info({ node: node.metadata.name, code, cause: message, retryInMs: pause }, "EC2 refused a change to a Windows node's addresses");
    const reason = code === "InsufficientCidrBlocks" ? code : "NoPodAddress";
    events.event(nodeReference(node.metadata.name), "Warning", reason, code && code !== reason ? `${code}: ${message}` : message);
  }
}
