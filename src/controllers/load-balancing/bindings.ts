// TargetGroupBindings: made for the target groups of stacks, and filled with the endpoints of their services.
import { AwsError } from "../../aws/errors.ts";
import type { LoadBalancerModel, TargetGroupModel } from "../../clusters/load-balancing/model.ts";
import { BINDING_FINALIZER, BINDINGS, stackLabel } from "../../clusters/load-balancing/names.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { unlessGone } from "../nodegroup/node-objects.ts";
import type { Balancing } from "./context.ts";
import { endpointsOf, type Target } from "./endpoints.ts";
import type { PortRanges } from "./groups.ts";
import { addFinalizer, dropFinalizer, listIfKnown } from "./remove.ts";

/** Puts the bindings of a stack into the cluster and takes out those it had before. */
export async function arrangeBindings(balancing: Balancing, model: LoadBalancerModel, arns: ReadonlyMap<string, string>): Promise<void> {
  const { kube } = balancing;
  for (const group of model.targetGroups) {
    const present = kube.get(BINDINGS, group.namespace, group.name);
    const targetGroupARN = arns.get(group.id)!;
    if (present && present.spec.targetGroupARN !== targetGroupARN && !present.metadata.deletionTimestamp)
      await kube.delete(BINDINGS, group.namespace, group.name).catch(unlessGone);
    else if (!present) await kube.create(BINDINGS, group.namespace, bindingOf(balancing, model, group, targetGroupARN));
  }
  await removeBindings(balancing, model, new Set(model.targetGroups.map(({ namespace, name }) => `${namespace}/${name}`)));
}

function bindingOf({ cluster }: Balancing, { origin, stack }: LoadBalancerModel, group: TargetGroupModel, targetGroupARN: string) {
  return {
    apiVersion: "eks.amazonaws.com/v1",
    kind: "TargetGroupBinding",
    metadata: { name: group.name, namespace: group.namespace, labels: { [stackLabel(origin)]: labelOf(stack) } },
    spec: {
      ...{ targetGroupARN, targetType: group.targetType, ipAddressType: group.ipAddressType, vpcID: cluster.vpcId },
      serviceRef: group.service,
    },
  };
}

const labelOf = (stack: string) => stack.replaceAll("/", ".").slice(0, 63);

/** Deletes bindings of a stack but those to keep (`namespace/name`). */
export async function removeBindings(
  { kube }: Balancing,
  { origin, stack }: Pick<LoadBalancerModel, "origin" | "stack">,
  keep: ReadonlySet<string> = new Set(),
): Promise<void> {
  for (const { metadata } of listIfKnown(kube, BINDINGS)) {
    if (metadata.labels?.[stackLabel(origin)] !== labelOf(stack) || keep.has(`${metadata.namespace}/${metadata.name}`)) continue;
    if (!metadata.deletionTimestamp) await kube.delete(BINDINGS, metadata.namespace ?? "", metadata.name).catch(unlessGone);
  }
}

/** What came of a look at all bindings. */
export interface Bound {
  readonly failed: number;
  /** Ports of targets. */
  readonly ports: PortRanges;
}

/** Registers and deregisters targets so that every binding's group has its service's endpoints. */
export async function followEndpoints(balancing: Balancing, memory: BindingMemory, now: number): Promise<Bound> {
  const ports = new Map<string, readonly [number, number]>();
  let failed = 0;
  for (const binding of listIfKnown(balancing.kube, BINDINGS)) {
    try {
      await follow(balancing, binding, ports, memory, now);
    } catch (error) {
      memory.delete(binding.metadata.uid);
      if (!(error instanceof AwsError)) throw error;
      failed++;
      balancing.tell(binding, "Warning", "FailedReconcile", error.message);
    }
  }
  return { failed, ports };
}

/** What each binding was seen to have, by its uid, and when. */
export type BindingMemory = Map<string, { readonly text: string; readonly at: number }>;

/** How long what was registered is taken to be so. */
const TRUSTED_MS = 600_000;

async function follow(
  balancing: Balancing,
  binding: KubeObject,
  ports: Map<string, readonly [number, number]>,
  memory: BindingMemory,
  now: number,
): Promise<void> {
  const { kube, asService, asClusterRole } = balancing;
  const TargetGroupArn: string = binding.spec.targetGroupARN;
  const going = binding.metadata.deletionTimestamp !== undefined;
  if (going && !binding.metadata.finalizers?.includes(BINDING_FINALIZER)) return;
  if (!going) await addFinalizer(kube, BINDINGS, binding, BINDING_FINALIZER);
  const wanted = going ? [] : endpointsOf(kube, binding);
  if (wanted === undefined) {
    balancing.tell(binding, "Warning", "BackendNotFound", `backend not found: Service "${binding.spec.serviceRef.name}" not found`);
  }
  for (const { port, protocol } of wanted ?? []) {
    const key = protocol.toLowerCase();
    const [from, to] = ports.get(key) ?? [port, port];
    ports.set(key, [Math.min(from, port), Math.max(to, port)]);
  }
  const { uid } = binding.metadata;
  const text = JSON.stringify(wanted);
  const known = memory.get(uid);
  if (!going && known?.text === text && now - known.at < TRUSTED_MS) return;
  const present = await registered(balancing, TargetGroupArn, going);
  const has = (list: readonly Target[], { id, port }: Target) => list.some((each) => each.id === id && each.port === port);
  const list = (targets: readonly Target[]) => targets.map(({ id, port }) => ({ Id: id, Port: port }));
  const gone = present.filter((target) => !has(wanted ?? [], target));
  const fresh = (wanted ?? []).filter((target) => !has(present, target));
  if (gone.length > 0) await asService.elb("DeregisterTargets", { TargetGroupArn, Targets: list(gone) });
  if (fresh.length > 0) await asClusterRole.elb("RegisterTargets", { TargetGroupArn, Targets: list(fresh) });
  if (going) {
    memory.delete(uid);
    return dropFinalizer(kube, BINDINGS, binding, BINDING_FINALIZER);
  }
  memory.set(uid, { text, at: now });
  const observedGeneration = binding.metadata.generation;
  if (binding.status?.observedGeneration === observedGeneration) return;
  const { namespace = "", name } = binding.metadata;
  await kube.patch(BINDINGS, namespace, name, "merge", { status: { observedGeneration } }, { subresource: "status" }).catch(unlessGone);
  balancing.tell(binding, "Normal", "SuccessfullyReconciled", "Successfully reconciled");
}

/** Targets a group has that are not on their way out. A binding on its way out does not need its group any more. */
async function registered({ asService }: Balancing, TargetGroupArn: string, going: boolean): Promise<Target[]> {
  try {
    const { TargetHealthDescriptions = [] } = await asService.elb("DescribeTargetHealth", { TargetGroupArn });
    return TargetHealthDescriptions.flatMap(({ Target: target, TargetHealth }) =>
      TargetHealth?.State === "draining" ? [] : [{ id: target!.Id!, port: target!.Port!, protocol: "TCP" }],
    );
  } catch (error) {
    if (going && error instanceof AwsError && error.code === "TargetGroupNotFound") return [];
    throw error;
  }
}
