// Names of Auto Mode's load balancing: classes, types, tags, finalizers, and how AWS resources are called.
import { createHash } from "node:crypto";
import type { ObjectMeta } from "../../kubernetes/api/object.ts";

export const NLB_CLASS = "eks.amazonaws.com/nlb";
export const ALB_CONTROLLER = "eks.amazonaws.com/alb";
export const CLASS_PARAMS = "ingressclassparams.eks.amazonaws.com";
export const BINDINGS = "targetgroupbindings.eks.amazonaws.com";

/** Which kind of object a stack of AWS resources comes from. */
export type Origin = "service" | "ingress";

export const clusterTag = "eks:eks-cluster-name";
export const stackTag = (origin: Origin) => `${origin}.eks.amazonaws.com/stack`;
export const resourceTag = (origin: Origin) => `${origin}.eks.amazonaws.com/resource`;
/** On bindings that were made for a stack: the name in it. Its namespace is the binding's. */
export const stackLabel = (origin: Origin) => `${origin}.eks.amazonaws.com/stack-name`;
const GROUP_FINALIZER = "group.ingress.eks.amazonaws.com/";

/** Keeps an object until its part of a stack is gone. A group of ingresses has its name in it. */
export const finalizerOf = (origin: Origin, stack: string) =>
  stack.includes("/") ? `${origin}.eks.amazonaws.com/resources` : `${GROUP_FINALIZER}${stack}`;

/** The stacks that an object's finalizers hold it for. */
export function stacksHeld(
  origin: Origin,
  { namespace, name, finalizers = [] }: Pick<ObjectMeta, "namespace" | "name" | "finalizers">,
): string[] {
  const own = `${namespace}/${name}`;
  return finalizers.flatMap((finalizer) => {
    if (finalizer === finalizerOf(origin, own)) return [own];
    return origin === "ingress" && finalizer.startsWith(GROUP_FINALIZER) ? [finalizer.slice(GROUP_FINALIZER.length)] : [];
  });
}

export const BINDING_FINALIZER = "eks.amazonaws.com/resources";

/** Part of a resource's name: letters, digits, at most eight. */
const short = (text: string) => text.replaceAll(/[^A-Za-z0-9]/g, "").slice(0, 8);

/** `k8s-namespac-name-0123456789`: facts that cannot be changed in place make another name. */
export function resourceName(namespace: string, name: string, ...facts: readonly string[]): string {
  const digest = createHash("sha256").update(facts.join("\n")).digest("hex").slice(0, 10);
  return ["k8s", short(namespace), short(name), digest].filter((part) => part !== "").join("-");
}
