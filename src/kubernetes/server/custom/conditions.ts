// The status of a definition: accepted names, conditions and stored versions.
import { timestamp } from "../../api/json.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { namesFor } from "./naming.ts";
import { approvalOf, isProtectedGroup } from "./validation/approval.ts";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

const conditionOf = (object: NewObject | undefined, type: string): Condition | undefined =>
  (object?.status?.conditions as Condition[] | undefined)?.find((each) => each.type === type);

/** Whether a definition's resources are served. */
export const isEstablished = (object: NewObject): boolean => conditionOf(object, "Established")?.status === "True";

/** A status with a condition set; its time moves when its status does. */
export function withCondition(status: any, condition: Omit<Condition, "lastTransitionTime">, now: number): any {
  const conditions: Condition[] = status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : timestamp(now);
  const next = { ...condition, lastTransitionTime };
  return { ...status, conditions: before ? conditions.map((each) => (each === before ? next : each)) : [...conditions, next] };
}

/** Status of a definition as it is written beside all that exist; `old` is its stored form. */
export function statusOf(object: NewObject, old: KubeObject | undefined, definitions: readonly KubeObject[], now: number): any {
  const storage = object.spec?.versions?.find((each: { storage?: boolean }) => each.storage)?.name;
  const stored: string[] = old?.status?.storedVersions ?? [];
  const { accepted, conflict } = namesFor(object, old, definitions);
  let status: any = {
    ...old?.status,
    acceptedNames: accepted,
    storedVersions: storage && !stored.includes(storage) ? [...stored, storage] : stored,
  };
  const set = (type: string, value: boolean, reason: string, message: string) => {
    status = withCondition(status, { type, status: value ? "True" : "False", reason, message }, now);
  };
  if (conflict) set("NamesAccepted", false, conflict.reason, conflict.message);
  else set("NamesAccepted", true, "NoConflicts", "no conflicts found");
  // What is served stays served, by the names it has.
  if (!conflict && !isEstablished({ ...object, status }))
    set("Established", true, "InitialNamesAccepted", "the initial names have been accepted");
  else if (!conditionOf({ ...object, status }, "Established")) set("Established", false, "NotAccepted", "not all names are accepted");
  if (isProtectedGroup(object.spec?.group ?? "")) {
    const { state, reason } = approvalOf(object);
    set("KubernetesAPIApprovalPolicyConformant", state === "Approved", `${state}Annotation`, reason);
  }
  return status;
}
