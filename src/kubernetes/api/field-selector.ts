// Field selectors: `metadata.name=x,status.phase!=Running` over the fields each kind offers.
import type { KubeObject } from "./object.ts";
import { badRequest } from "./status.ts";

/** One term of a field selector. */
export interface FieldTerm {
  readonly field: string;
  readonly negated: boolean;
  readonly value: string;
}

/** Fields a kind can be selected by, besides metadata.name and metadata.namespace, keyed `plural.group`. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
  ],
  nodes: ["spec.unschedulable"],
  namespaces: ["status.phase"],
  secrets: ["type"],
  services: ["spec.clusterIP", "spec.type"],
  replicationcontrollers: ["status.replicas"],
  "replicasets.apps": ["status.replicas"],
  "jobs.batch": ["status.successful"],
  "certificatesigningrequests.certificates.k8s.io": ["spec.signerName"],
  "resourceslices.resource.k8s.io": ["spec.nodeName", "spec.driver"],
  events: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  "events.events.k8s.io": [
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "reason",
    "reportingController",
    "type",
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
  ],
};

/** Parses a field selector without judging its fields. Backslash escapes `\`, `,` and `=`. */
export function parseFieldSelector(text: string): FieldTerm[] {
  if (text.trim() === "") return [];
  const parts: string[] = [];
  let part = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\" && i + 1 < text.length) part += text[i]! + text[++i]!;
    else if (text[i] === ",") {
      parts.push(part);
      part = "";
    } else part += text[i];
  }
  parts.push(part);
  return parts
    .filter((each) => each !== "")
    .map((each) => {
      const match = /^((?:\\.|[^=!\\])+?)(!=|==|=)(.*)$/s.exec(each);
      if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${each}'`);
      return { field: match[1]!.trim(), negated: match[2] === "!=", value: match[3]!.replace(/\\(.)/g, "$1") };
    });
}

/** Throws 400 unless the kind can be selected by every field; `extra` are a custom resource's selectable fields. */
export function checkFieldSelector(terms: readonly FieldTerm[], type: string, extra?: readonly string[]): void {
  for (const { field } of terms) {
    if (field === "metadata.name" || field === "metadata.namespace") continue;
    if (!selectable[type]?.includes(field) && !extra?.includes(field)) throw badRequest(unknownField(field, type, extra !== undefined));
  }
}

/** Kinds without fields of their own share one text, jobs have theirs. */
function unknownField(field: string, type: string, custom: boolean): string {
  if (type === "jobs.batch") return `field label ${JSON.stringify(field)} not supported for batchv1.Job`;
  if (custom || selectable[type]) return `field label not supported: ${field}`;
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

/** A field's value as text; absent is "". */
export function fieldText(object: KubeObject, field: string): string {
  if (field === "spec.hostNetwork" || field === "spec.unschedulable") return String(read(object, field) ?? false);
  if (field === "status.replicas" || field === "status.successful") {
    return String(read(object, field === "status.successful" ? "status.succeeded" : field) ?? 0);
  }
  if (field === "source") return read(object, "source.component") ?? read(object, "reportingComponent") ?? "";
  if (field === "reportingComponent") return read(object, field) || (read(object, "source.component") ?? "");
  const value = read(object, field);
  return value === undefined || value === null ? "" : String(value);
}

function read(object: KubeObject, path: string): any {
  let value: any = object;
  for (const step of path.split(".")) {
    if (step === "") continue;
    value = value?.[step];
  }
  return value;
}

/** Whether an object satisfies every term. */
export function matchesFields(terms: readonly FieldTerm[], object: KubeObject): boolean {
  return terms.every(({ field, negated, value }) => (fieldText(object, field) === value) !== negated);
}
