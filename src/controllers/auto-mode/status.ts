// Writing the status of Auto Mode's objects: conditions as operatorpkg writes them, and nothing where nothing changed.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { type Condition, findCondition, withCondition } from "../../kubernetes/runtime/conditions.ts";
import { unlessGone } from "../nodegroup/node-objects.ts";

/** A condition to set; the reason of a true one is its type. */
export interface Verdict {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
}

export const yes = (type: string): Verdict => ({ type, status: "True" });
export const no = (type: string, reason: string, message: string): Verdict => ({ type, status: "False", reason, message });
export const unsure = (type: string, reason: string, message: string): Verdict => ({ type, status: "Unknown", reason, message });

/** Conditions after verdicts. `ready` names the ones that make up Ready. */
export function judged(object: KubeObject, verdicts: readonly Verdict[], ready: readonly string[], now: number): Condition[] {
  let conditions = (object.status?.conditions ?? []) as Condition[];
  const observedGeneration = object.metadata.generation ?? 1;
  const set = ({ type, status, reason = type, message = "" }: Verdict) => {
    conditions = withCondition(conditions, { type, status, reason, message, observedGeneration }, now);
  };
  for (const verdict of verdicts) set(verdict);
  const open = ready.map((type) => findCondition(conditions, type) ?? { type, status: "Unknown", reason: "AwaitingReconciliation" });
  const failed = open.filter(({ status }) => status === "False");
  const unknown = open.filter(({ status }) => status !== "True");
  const list = (found: readonly Condition[]) => found.map(({ type, status }) => `${type}=${status}`).join(", ");
  if (failed.length > 0) set(no("Ready", "UnhealthyDependents", list(failed)));
  else if (unknown.length > 0) set(unsure("Ready", "ReconcilingDependents", list(unknown)));
  else set(yes("Ready"));
  return conditions;
}

/** Writes members of an object's status if they differ; answers the object as it is then. An object that is gone stays as it was. */
export async function writeStatus(
  kube: KubeClient,
  type: string,
  object: KubeObject,
  status: Record<string, unknown>,
): Promise<KubeObject> {
  const same = Object.entries(status).every(([name, value]) => JSON.stringify(object.status?.[name]) === JSON.stringify(value));
  if (same) return object;
  const written = await kube.patch(type, "", object.metadata.name, "merge", { status }, { subresource: "status" }).catch(unlessGone);
  return written ?? object;
}

/** Whether a condition is true. */
export const holds = (object: KubeObject, type: string): boolean => findCondition(object.status?.conditions, type)?.status === "True";
