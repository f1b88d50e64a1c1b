// Taking load balancers away: what belongs to one stack, or everything a cluster has.
import { AwsError } from "../../aws/errors.ts";
import { BINDING_FINALIZER, BINDINGS, finalizerOf, type Origin, stackLabel, stacksHeld } from "../../clusters/load-balancing/names.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { unlessGone } from "../nodegroup/node-objects.ts";
import { callsOf } from "./calls.ts";
import type { Owner } from "./context.ts";
import { removeBackend } from "./groups.ts";
import { type Observed, observe } from "./observed.ts";

/** Whether something belongs to what is to go. */
export type Chosen = (resource: { readonly origin: Origin; readonly stack: string; readonly arn: string }) => boolean;

/** Deletes chosen load balancers, then target groups nothing uses any more, then groups. */
export async function removeResources({ asService: calls }: Owner, observed: Observed, chosen: Chosen): Promise<void> {
  for (const { arn: LoadBalancerArn } of observed.loadBalancers.filter(chosen)) await calls.elb("DeleteLoadBalancer", { LoadBalancerArn });
  for (const { arn: TargetGroupArn } of observed.targetGroups.filter(chosen)) await calls.elb("DeleteTargetGroup", { TargetGroupArn });
  for (const { value: GroupId } of observed.groups.filter(chosen)) await calls.ec2("DeleteSecurityGroup", { GroupId });
}

/** Deletes everything a cluster has, as EKS's service-linked role: Auto Mode ends, or the cluster does. */
export async function endLoadBalancing(deps: ControllerDeps, cluster: ClusterRecord): Promise<void> {
  const owner: Owner = { cluster, asService: callsOf(deps.invoke, async () => asService(deps, cluster)) };
  const observed = await observe(owner);
  const kept = new Set<string>();
  for (const { arn: LoadBalancerArn, origin, stack } of observed.loadBalancers) {
    await owner.asService.elb("DeleteLoadBalancer", { LoadBalancerArn }).catch((error: unknown) => {
      // The customer protects it, and it outlives the cluster.
      if (!(error instanceof AwsError) || error.code !== "OperationNotPermitted") throw error;
      kept.add(`${origin} ${stack}`);
    });
  }
  await removeResources(owner, { ...observed, loadBalancers: [] }, ({ origin, stack }) => !kept.has(`${origin} ${stack}`));
  if (observed.backendGroup !== undefined && kept.size === 0) await removeBackend(owner, observed.backendGroup);
}

/** Lets go of the objects of a cluster that stays without Auto Mode. */
export async function releaseObjects(kube: KubeClient): Promise<void> {
  for (const binding of listIfKnown(kube, BINDINGS)) {
    await dropFinalizer(kube, BINDINGS, binding, BINDING_FINALIZER);
    if (isOurs(binding)) await kube.delete(BINDINGS, binding.metadata.namespace ?? "", binding.metadata.name).catch(unlessGone);
  }
  for (const [type, origin] of [
    ["services", "service"],
    ["ingresses.networking.k8s.io", "ingress"],
  ] as const) {
    for (const object of kube.list(type)) {
      const held = stacksHeld(origin, object.metadata).map((stack) => finalizerOf(origin, stack));
      if (held.length === 0) continue;
      await showHostname(kube, type, object, undefined);
      await dropFinalizer(kube, type, object, ...held);
    }
  }
}

/** Whether a binding was made for a stack. */
export const isOurs = ({ metadata }: KubeObject) =>
  (["service", "ingress"] as const).some((origin) => metadata.labels?.[stackLabel(origin)] !== undefined);

/** Objects of a type, none while its definition is not there. */
export function listIfKnown(kube: KubeClient, type: string): readonly KubeObject[] {
  return kube.get("customresourcedefinitions.apiextensions.k8s.io", "", type) ? kube.list(type) : [];
}

export async function addFinalizer(kube: KubeClient, type: string, object: KubeObject, finalizer: string): Promise<void> {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(finalizer)) return;
  await patchFinalizers(kube, type, object, [...finalizers, finalizer]);
}

export async function dropFinalizer(kube: KubeClient, type: string, object: KubeObject, ...gone: readonly string[]): Promise<void> {
  const finalizers = object.metadata.finalizers ?? [];
  const left = finalizers.filter((each) => !gone.includes(each));
  if (left.length < finalizers.length) await patchFinalizers(kube, type, object, left);
}

async function patchFinalizers(kube: KubeClient, type: string, { metadata }: KubeObject, finalizers: readonly string[]): Promise<void> {
  await kube.patch(type, metadata.namespace ?? "", metadata.name, "merge", { metadata: { finalizers } }).catch(unlessGone);
}

/** Shows the load balancer's name in the status of a service or an ingress, or takes it out. */
export async function showHostname(kube: KubeClient, type: string, object: KubeObject, hostname: string | undefined): Promise<void> {
  const present = object.status?.loadBalancer?.ingress?.[0]?.hostname;
  if (present === hostname) return;
  const status = { loadBalancer: { ingress: hostname === undefined ? null : [{ hostname }] } };
  const { namespace = "", name } = object.metadata;
  await kube.patch(type, namespace, name, "merge", { status }, { subresource: "status" }).catch(unlessGone);
}
