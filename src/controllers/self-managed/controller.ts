// Nodes of the customer's own: an instance with an EKS optimized image joins the cluster that its user data names, and leaves with its instance.
import { consoles, writeConsole } from "../../services/ec2/console-output.ts";
import { Collection } from "../../store/collection.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { instanceOf, unlessGone } from "../nodegroup/node-objects.ts";
import type { NodeBoot } from "../runtime.ts";
import { imageOf, type MachineRecord, machines } from "./machine.ts";
import { prepare } from "./prepare.ts";

/** Where an instance joined, so that its node is taken away even if the instance is long gone. */
interface Joined {
  readonly clusterKey: string;
}

const RETRY: Again = { after: 2000 };
const SOON: Again = { after: 1000 };

const UNAUTHORIZED =
  "kubelet: Unable to register node with API server: Unauthorized (the instance's role needs an access entry of type EC2_LINUX, or a mapping in aws-auth)";

/** The loop, fed with instances as they change; stopped by the caller. */
export function watchSelfManaged(deps: ControllerDeps): { readonly loop: Loop; stop(): void } {
  const { store } = deps.state;
  const instances = machines(store);
  const joined = new Collection<Joined>(store, "self-managed/node");
  const loop = new Loop("self-managed", deps.clock, deps.log, async (key) => {
    const machine = instances.get(key);
    if (!machine || machine.state === "terminated" || machine.state === "shutting-down") {
      // A machine that is off runs nothing, whoever's node it was and whether or not its Node object is still there.
      await deps.nodes.shutdown(key.split("/").pop()!);
      await leave(deps, key, joined.get(key));
      if (joined.has(key)) joined.delete(key);
      if (!machine && consoles(store).has(key)) consoles(store).delete(key);
      return undefined;
    }
    if (!isOwn(deps, key, machine)) return undefined;
    if (machine.state !== "running") {
      if (joined.has(key)) await deps.nodes.shutdown(machine.id);
      return undefined;
    }
    return join(deps, key, machine, (boot) => {
      if (!joined.has(key)) joined.put(key, { clusterKey: boot.clusterKey });
    });
  });
  const waiting = (scope: string) => {
    for (const [key, machine] of instances.entries(scope)) {
      if (machine.state === "running" && deps.nodes.status(machine.id) === "absent" && isOwn(deps, key, machine)) loop.add(key);
    }
  };
  const place = (key: string) => `${key.split("/").slice(0, 2).join("/")}/`;
  const subscriptions = [
    deps.instances?.watch(({ account, region, instanceId }) => loop.add(`${account}/${region}/${instanceId}`)),
    deps.state.clusters.watch(({ key, record, previous }) => {
      if (record?.status !== previous?.status) waiting(place(key));
    }),
    deps.nodes.watch((_, boot) => {
      const key = boot && `${boot.account}/${boot.region}/${boot.instanceId}`;
      if (key !== undefined && joined.has(key)) loop.add(key);
    }),
  ];
  for (const [key] of instances.entries()) loop.add(key);
  for (const [key] of joined.entries()) loop.add(key);
  return {
    loop,
    stop() {
      for (const subscription of subscriptions) subscription?.close();
    },
  };
}

/** Whether the machine is the customer's own affair: neither a managed node group's nor a service's. */
function isOwn({ state }: ControllerDeps, key: string, { tags, operator, profile, imageId }: MachineRecord): boolean {
  const [account = "", region = ""] = key.split("/");
  if (operator !== undefined || !imageOf(region, imageId)) return false;
  const group = state.nodegroups.get(`${account}/${region}/${tags["eks:cluster-name"]}/${tags["eks:nodegroup-name"]}`);
  return !(group && profile?.arn.endsWith(`:instance-profile/eks-${group.uuid}`));
}

/** One step towards the node. The console says what stands in the way, and when it no longer does. */
async function join(
  deps: ControllerDeps,
  key: string,
  machine: MachineRecord,
  began: (boot: NodeBoot) => void,
): Promise<Again | undefined> {
  const [account = "", region = ""] = key.split("/");
  const tell = (line: string) => {
    const known = consoles(deps.state.store).get(key)?.lines.at(-1);
    if (line !== known) deps.log.info({ instance: machine.id, line }, "console of a self-managed node");
    writeConsole(deps.state.store, key, line, deps.clock.now());
  };
  const status = deps.nodes.status(machine.id);
  if (status === "ready") {
    tell("kubelet: Successfully registered node, and it is ready");
    return undefined;
  }
  if (status === "not-ready") {
    tell("kubelet: Successfully registered node; it is not ready: container runtime network not ready, see aws-node");
    return undefined;
  }
  if (status === "booting") {
    tell(UNAUTHORIZED);
    return SOON;
  }
  const image = imageOf(region, machine.imageId)!;
  const prepared = await prepare(deps, machine, image, { account, region });
  if ("line" in prepared) {
    tell(prepared.line);
    return prepared.final ? undefined : RETRY;
  }
  if (!deps.clusters.kube(prepared.boot.clusterKey)) return SOON;
  began(prepared.boot);
  await deps.nodes.boot(prepared.boot);
  return SOON;
}

/** Deletes the Node object, as the cloud controller manager does. */
async function leave(deps: ControllerDeps, key: string, joined: Joined | undefined): Promise<void> {
  if (!joined) return;
  const id = key.split("/").pop()!;
  const kube = deps.clusters.kube(joined.clusterKey);
  if (!kube && deps.state.clusters.has(joined.clusterKey)) throw new Error(`cluster ${joined.clusterKey} does not run yet`);
  for (const node of kube?.list("nodes") ?? []) {
    if (instanceOf(node) === id) await kube!.delete("nodes", "", node.metadata.name).catch(unlessGone);
  }
}
