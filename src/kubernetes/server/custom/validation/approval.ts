// Groups that belong to the Kubernetes community: who defines something there says that it is approved, or that it is not.
import { type FieldError, invalid, required } from "../../../api/field-error.ts";
import type { KubeObject, NewObject } from "../../../api/object.ts";

const annotation = "api-approved.kubernetes.io";
const see = "see https://github.com/kubernetes/enhancements/pull/1111";

/** What the annotation says. */
export interface Approval {
  readonly state: "Invalid" | "Approved" | "Unapproved" | "Missing";
  readonly reason: string;
}

/** Whether a group is the community's. */
export const isProtectedGroup = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group);

/** Reads the annotation of a definition. */
export function approvalOf(object: NewObject): Approval {
  const text = object.metadata.annotations?.[annotation] ?? "";
  if (!text) return { state: "Missing", reason: `protected groups must have approval annotation "${annotation}", ${see}` };
  if (text.startsWith("unapproved")) return { state: "Unapproved", reason: `not approved: ${JSON.stringify(text)}` };
  if (URL.canParse(text) && new URL(text).host) return { state: "Approved", reason: `approved in ${text}` };
  return {
    state: "Invalid",
    reason: `protected groups must have approval annotation "${annotation}" with either a URL or a reason starting with "unapproved", ${see}`,
  };
}

/** Findings about the annotation. What an update leaves as it was is no finding. */
export function approvalErrors(object: NewObject, old: KubeObject | undefined): FieldError[] {
  if (!isProtectedGroup(object.spec?.group ?? "")) return [];
  const { state, reason } = approvalOf(object);
  if (old && approvalOf(old).state === state) return [];
  const field = `metadata.annotations[${annotation}]`;
  if (state === "Missing") return [required(field, reason)];
  return state === "Invalid" ? [invalid(field, object.metadata.annotations?.[annotation], reason)] : [];
}
