// pods/binding: the scheduler's decision.
import { invalid, invalidObject, notSupported, required } from "../../api/field-error.ts";
import { cloneJson, timestamp } from "../../api/json.ts";
import type { NewObject, Status } from "../../api/object.ts";
import { conflict, success } from "../../api/status.ts";
import type { ServerContext, Target, WriteOptions } from "../context.ts";
import { updateObject } from "../update.ts";

/** Assigns a pod to a node. Throws 409 for a pod that is assigned or being deleted, 422 for a malformed binding. */
export async function bindPod(context: ServerContext, target: Target, body: NewObject, options: WriteOptions): Promise<Status> {
  const node = body.target?.name;
  const kind = body.target?.kind;
  if (kind && kind !== "Node") throw invalidObject("", "Binding", target.name, [notSupported("target.kind", kind, ["Node", "<empty>"])]);
  if (!node) throw invalidObject("", "Binding", target.name, [required("target.name")]);
  if (typeof node !== "string") throw invalidObject("", "Binding", target.name, [invalid("target.name", node, "must be a string")]);
  await updateObject(
    context,
    target,
    {
      make(pod) {
        const uid = body.metadata?.uid;
        if (uid && uid !== pod.metadata.uid) {
          throw conflict(
            target.resource,
            target.name,
            `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
          );
        }
        if (pod.metadata.deletionTimestamp)
          throw conflict(target.resource, target.name, `pod ${pod.metadata.name} is being deleted, cannot be assigned to a host`);
        if (pod.spec.nodeName)
          throw conflict(
            target.resource,
            target.name,
            `pod ${pod.metadata.name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`,
          );
        if (pod.spec.schedulingGates?.length)
          throw conflict(target.resource, target.name, `pod ${pod.metadata.name} has non-empty .spec.schedulingGates`);
        const bound = cloneJson(pod) as NewObject;
        bound.spec.nodeName = node;
        if (body.metadata?.annotations) bound.metadata.annotations = { ...bound.metadata.annotations, ...body.metadata.annotations };
        const others = (bound.status?.conditions ?? []).filter((each: { type: string }) => each.type !== "PodScheduled");
        const condition = { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: timestamp(context.now()) };
        bound.status = { ...bound.status, conditions: [...others, condition] };
        delete bound.metadata.resourceVersion;
        return bound;
      },
    },
    options,
  );
  return success({ code: 201 });
}
