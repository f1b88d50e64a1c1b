// What a start of the API server gives back to roles and bindings it made once (Kubernetes documentation, "Auto-reconciliation").
import type { KubeObject, NewObject } from "../../api/object.ts";
import { uncovered } from "../rules.ts";

const autoupdate = "rbac.authorization.kubernetes.io/autoupdate";
const text = (subject: { kind?: string; namespace?: string; name?: string }) =>
  `${subject.kind}/${subject.namespace ?? ""}/${subject.name}`;

/** The object with the rules or subjects it lacks, what was added to it left alone; undefined if it lacks nothing or is not to be touched. */
export function completed(present: KubeObject, wanted: NewObject): KubeObject | undefined {
  if (present.metadata.annotations?.[autoupdate] !== "true") return undefined;
  if (wanted.rules && !wanted.aggregationRule) {
    const missing = uncovered(present.rules ?? [], wanted.rules);
    return missing.length ? { ...present, rules: [...(present.rules ?? []), ...missing] } : undefined;
  }
  if (!wanted.roleRef || present.roleRef?.name !== wanted.roleRef.name) return undefined;
  const known = new Set((present.subjects ?? []).map(text));
  const missing = (wanted.subjects ?? []).filter((subject: object) => !known.has(text(subject)));
  return missing.length ? { ...present, subjects: [...(present.subjects ?? []), ...missing] } : undefined;
}
