// Config maps and secrets: keys, size, immutability.
import { type FieldError, forbiddenField, invalid, required, tooLong } from "../../api/field-error.ts";
import { goJsonProblem } from "../../api/go-json.ts";
import { equalJson } from "../../api/json.ts";
import { configKeyProblems } from "../../api/names.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import type { Strategy } from "../strategy.ts";

const largest = 1024 * 1024;

function keyErrors(at: string, keys: object): FieldError[] {
  return Object.keys(keys).flatMap((key) => configKeyProblems(key).map((problem) => invalid(`${at}[${key}]`, key, problem)));
}

/** Bytes of values; `base64` says how they are written. */
function sizeOf(values: Readonly<Record<string, string>>, base64: boolean): number {
  return Object.values(values).reduce((sum, value) => sum + Buffer.byteLength(value, base64 ? "base64" : "utf8"), 0);
}

function validateImmutable(object: NewObject, old: KubeObject | undefined, members: readonly string[]): FieldError[] {
  if (!old?.immutable) return [];
  const errors: FieldError[] = [];
  const text = "field is immutable when `immutable` is set";
  if (object.immutable !== true) errors.push(forbiddenField("immutable", text));
  for (const member of members) if (!equalJson(object[member] ?? {}, old[member] ?? {})) errors.push(forbiddenField(member, text));
  return errors;
}

export const configMaps: Strategy = {
  validate(object, old) {
    const { data = {}, binaryData = {} } = object;
    const errors = validateImmutable(object, old, ["data", "binaryData"]);
    for (const key of Object.keys(data)) {
      for (const problem of configKeyProblems(key)) errors.push(invalid(`data[${key}]`, key, problem));
      if (Object.hasOwn(binaryData, key)) errors.push(invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    }
    errors.push(...keyErrors("binaryData", binaryData));
    // The field of a finding about the whole object is written so.
    return sizeOf(data, false) + sizeOf(binaryData, true) > largest ? [...errors, tooLong("[]", largest)] : errors;
  },
};

const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
};

const accountAnnotation = "kubernetes.io/service-account.name";
const dockerKeys = [".dockercfg", ".dockerconfigjson"];

/** Docker's credentials must be a JSON object; their text never appears in the finding. */
function jsonErrors(base64: string, field: string): FieldError[] {
  const problem = goJsonProblem(Buffer.from(base64, "base64").toString());
  return problem ? [invalid(field, "<secret contents redacted>", problem)] : [];
}

export const secrets: Strategy = {
  validate(object, old) {
    const { type, data = {} } = object;
    const errors = old && type !== old.type ? [invalid("type", type, "field is immutable")] : [];
    errors.push(...validateImmutable(object, old, ["data"]), ...keyErrors("data", data));
    if (sizeOf(data, true) > largest) errors.push(tooLong("data", largest));
    if (type === "kubernetes.io/service-account-token" && !object.metadata.annotations?.[accountAnnotation])
      errors.push(required(`metadata.annotations[${accountAnnotation}]`));
    for (const key of requiredKeys[type] ?? []) {
      const value = data[key];
      if (value === undefined || (value === "" && type === "kubernetes.io/ssh-auth")) errors.push(required(`data[${key}]`));
      else if (dockerKeys.includes(key)) errors.push(...jsonErrors(value, `data[${key}]`));
    }
    if (type === "kubernetes.io/basic-auth" && data.username === undefined && data.password === undefined)
      errors.push(required("data[username]"), required("data[password]"));
    return errors;
  },
};
