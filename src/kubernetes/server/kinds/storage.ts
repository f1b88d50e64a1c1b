// Persistent volumes, claims, storage classes: what they may say and what of them may change.
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required, tooLong } from "../../api/field-error.ts";
import { cloneJson, equalJson } from "../../api/json.ts";
import { dns1123Subdomain, qualifiedKey } from "../../api/names.ts";
import { parseQuantity } from "../../schema/quantity.ts";
import { type StructType, structNamed } from "../../schema/types.ts";
import type { Strategy } from "../strategy.ts";
import { immutable, labelSelector, named, oneOf, signOf } from "./field-rules.ts";
import { specDiff } from "./spec-diff.ts";

const modes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const frozen = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

export const claims: Strategy = {
  returnsDeleted: true,
  prepareCreate(object) {
    object.status = { phase: "Pending" };
  },
  validate(object, old) {
    const errors = validateClaimSpec(object.spec ?? {}, "spec");
    return old ? [...errors, ...claimUpdate(object.spec ?? {}, old.spec, old.status ?? {})] : errors;
  },
};

/** Findings about a claim's spec; stateful sets have claims in templates. */
export function validateClaimSpec(spec: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { accessModes = [], storageClassName } = spec;
  if (accessModes.length === 0) errors.push(required(`${at}.accessModes`, "at least 1 access mode is required"));
  errors.push(...labelSelector(`${at}.selector`, spec.selector), ...modeErrors(accessModes, `${at}.accessModes`));
  const size = spec.resources?.requests?.storage;
  if (size === undefined) errors.push(required(`${at}.resources[storage]`));
  else if (signOf(size) !== 1) errors.push(invalid(`${at}.resources[storage]`, size, "must be greater than zero"));
  if (storageClassName) errors.push(...named(`${at}.storageClassName`, storageClassName, dns1123Subdomain(storageClassName)));
  return [...errors, ...oneOf(`${at}.volumeMode`, spec.volumeMode, ["Block", "Filesystem"])];
}

function modeErrors(chosen: readonly string[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const mode of chosen) if (!modes.includes(mode)) errors.push(notSupported(at, mode, modes));
  if (chosen.includes("ReadWriteOncePod") && chosen.length > 1)
    errors.push(forbiddenField(at, "may not use ReadWriteOncePod with other access modes"));
  return errors;
}

function claimUpdate(spec: any, old: any, { phase, capacity }: any): FieldError[] {
  const errors: FieldError[] = [];
  const next = cloneJson(spec);
  const take = (member: string) => {
    if (old[member] === undefined) delete next[member];
    else next[member] = old[member];
  };
  if (!old.volumeName) take("volumeName");
  if (old.storageClassName === undefined) take("storageClassName");
  take("volumeAttributesClassName");
  const [size, before] = [spec.resources?.requests?.storage, old.resources?.requests?.storage];
  if (phase === "Bound" && size !== undefined && before !== undefined) next.resources.requests.storage = before;
  if (!equalJson(next, old)) {
    const struct = structNamed("core.v1.PersistentVolumeClaimSpec") as StructType;
    errors.push(forbiddenField("spec", `${frozen}\n${specDiff(struct, old, next)}`));
  }
  const nanos = (text: unknown) => parseQuantity((text ?? "0") as string)?.nanos ?? 0n;
  if (nanos(size) < nanos(before) && nanos(size) <= nanos(capacity?.storage))
    errors.push(forbiddenField("spec.resources.requests.storage", "field can not be less than status.capacity"));
  return errors;
}

const ownMembers = new Set([
  "accessModes",
  "capacity",
  "claimRef",
  "mountOptions",
  "nodeAffinity",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "volumeAttributesClassName",
  "volumeMode",
]);
const sourceOf = (spec: any) => Object.fromEntries(Object.entries(spec ?? {}).filter(([member]) => !ownMembers.has(member)));

export const volumes: Strategy = {
  returnsDeleted: true,
  prepareCreate(object) {
    object.status = { phase: "Pending" };
  },
  validate({ spec = {} }, old) {
    const errors: FieldError[] = [];
    const { accessModes = [], capacity = {}, storageClassName } = spec;
    if (accessModes.length === 0) errors.push(required("spec.accessModes"));
    errors.push(...modeErrors(accessModes, "spec.accessModes"));
    if (Object.keys(capacity).length === 0) errors.push(required("spec.capacity"));
    else if (capacity.storage === undefined || Object.keys(capacity).length > 1)
      errors.push(notSupported("spec.capacity", capacity, ["storage"]));
    for (const [name, value] of Object.entries(capacity))
      if (signOf(value) !== 1) errors.push(invalid(`spec.capacity[${name}]`, value, "must be greater than zero"));
    errors.push(...oneOf("spec.persistentVolumeReclaimPolicy", spec.persistentVolumeReclaimPolicy, ["Delete", "Recycle", "Retain"]));
    const sources = Object.keys(sourceOf(spec));
    if (sources.length === 0) errors.push(required("spec", "must specify a volume type"));
    for (const extra of sources.slice(1)) errors.push(forbiddenField(`spec.${extra}`, "may not specify more than 1 volume type"));
    if (spec.local && !spec.nodeAffinity) errors.push(required("spec.nodeAffinity", "Local volume requires node affinity"));
    if (storageClassName) errors.push(...named("spec.storageClassName", storageClassName, dns1123Subdomain(storageClassName)));
    errors.push(...oneOf("spec.volumeMode", spec.volumeMode, ["Block", "Filesystem"]));
    if (!old) return errors;
    const struct = structNamed("core.v1.PersistentVolumeSource") as StructType;
    if (!equalJson(sourceOf(spec), sourceOf(old.spec))) {
      const difference = specDiff(struct, sourceOf(old.spec), sourceOf(spec));
      errors.push(forbiddenField("spec.persistentvolumesource", `spec.persistentvolumesource is immutable after creation\n${difference}`));
    }
    errors.push(...immutable("spec.volumeMode", spec.volumeMode, old.spec?.volumeMode));
    if (old.spec?.nodeAffinity) errors.push(...immutable("spec.nodeAffinity", spec.nodeAffinity, old.spec.nodeAffinity));
    return errors;
  },
};

const most = { parameters: 512, bytes: 256 * 1024 };

function parameterErrors(parameters: Readonly<Record<string, string>>): FieldError[] {
  const entries = Object.entries(parameters);
  if (entries.length > most.parameters) return [tooLong("parameters", most.parameters)];
  const errors = entries.filter(([key]) => key === "").map(([key]) => invalid("parameters", key, "field can not be empty."));
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return bytes > most.bytes ? [...errors, tooLong("parameters", most.bytes)] : errors;
}

function topologyErrors(terms: readonly any[]): FieldError[] {
  return terms.flatMap(({ matchLabelExpressions = [] }, i) => {
    const at = `allowedTopologies[${i}].matchLabelExpressions`;
    return matchLabelExpressions.flatMap(({ key = "", values = [] }: any, j: number) => [
      ...(values.length === 0 ? [required(`${at}[${j}].values`)] : []),
      ...values.flatMap((value: string, v: number) => (values.indexOf(value) < v ? [duplicate(`${at}[${j}].values[${v}]`, value)] : [])),
      ...qualifiedKey(key).map((problem) => invalid(`${at}[${j}].key`, key, problem)),
      ...(matchLabelExpressions.findIndex((each: any) => each.key === key) < j ? [duplicate(`${at}[${j}].key`, key)] : []),
    ]);
  });
}

export const storageClasses: Strategy = {
  validate(object, old) {
    const errors: FieldError[] = [];
    const { provisioner = "", parameters } = object;
    if (!provisioner) errors.push(required("provisioner"));
    else for (const problem of qualifiedKey(provisioner.toLowerCase())) errors.push(invalid("provisioner", provisioner, problem));
    errors.push(...parameterErrors(parameters ?? {}));
    errors.push(...oneOf("reclaimPolicy", object.reclaimPolicy, ["Delete", "Retain"]));
    errors.push(...oneOf("volumeBindingMode", object.volumeBindingMode, ["Immediate", "WaitForFirstConsumer"], true));
    errors.push(...topologyErrors(object.allowedTopologies ?? []));
    if (!old) return errors;
    for (const field of ["parameters", "provisioner", "reclaimPolicy"])
      if (!equalJson(object[field] ?? {}, old[field] ?? {})) errors.push(forbiddenField(field, `updates to ${field} are forbidden.`));
    return [...errors, ...immutable("volumeBindingMode", object.volumeBindingMode, old.volumeBindingMode)];
  },
};

export const attributesClasses: Strategy = {
  validate({ driverName = "", parameters }, old) {
    const errors = driverName ? named("driverName", driverName, dns1123Subdomain(driverName.toLowerCase())) : [required("driverName")];
    if (Object.keys(parameters ?? {}).length === 0) errors.push(required("parameters", "must contain at least one key/value pair"));
    if (!old) return errors;
    for (const [field, value] of Object.entries({ driverName, parameters }))
      if (!equalJson(value, old[field])) errors.push(forbiddenField(field, `updates to ${field} are forbidden.`));
    return errors;
  },
};
