// Config maps and secrets: keys, size, immutability.
import { type FieldError, forbiddenField, invalid, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import type { Strategy } from "../strategy.ts";

const largest = 1024 * 1024;
const keyForm = /^[-._a-zA-Z0-9]+$/;

function validateKeys(object: NewObject, members: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const member of members) {
    for (const [key, value] of Object.entries((object[member] ?? {}) as Record<string, string>)) {
      size += member === "data" && object.kind === "ConfigMap" ? Buffer.byteLength(value) : Math.floor((value.length * 3) / 4);
      if (!keyForm.test(key)) {
        errors.push(
          invalid(
            `${member}[${key}]`,
            key,
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
          ),
        );
      } else if (key.length > 253) errors.push(invalid(`${member}[${key}]`, key, "must be no more than 253 bytes"));
    }
  }
  if (size > largest)
    errors.push({
      reason: "FieldValueTooLong",
      field: members.length > 1 ? "" : "data",
      body: `Too long: may not be more than ${largest} bytes`,
    });
  return errors;
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
    const errors = validateKeys(object, ["data", "binaryData"]);
    for (const key of Object.keys(object.binaryData ?? {}))
      if (object.data?.[key] !== undefined) errors.push(invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    return [...errors, ...validateImmutable(object, old, ["data", "binaryData"])];
  },
};

const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
};

const dockerKeys = [".dockercfg", ".dockerconfigjson"];

/** Docker's credentials must be JSON; their text never appears in the finding. */
function jsonErrors(base64: string, field: string): FieldError[] {
  const text = Buffer.from(base64, "base64").toString();
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const ended = text.trim() === "" || /end of JSON|Expected property name or '}'.*position \d+/.test((error as Error).message);
    const why = ended ? "unexpected end of JSON input" : "invalid character in JSON text";
    return [invalid(field, "<secret contents redacted>", why)];
  }
}

export const secrets: Strategy = {
  validate(object, old) {
    const errors = validateKeys(object, ["data"]);
    for (const key of requiredKeys[object.type] ?? []) {
      const value = object.data?.[key];
      if (value === undefined) errors.push(required(`data[${key}]`));
      else if (dockerKeys.includes(key)) errors.push(...jsonErrors(value, `data[${key}]`));
    }
    if (object.type === "kubernetes.io/basic-auth" && object.data?.username === undefined && object.data?.password === undefined)
      errors.push(required("data[username]"), required("data[password]"));
    if (object.type === "kubernetes.io/service-account-token" && !object.metadata.annotations?.["kubernetes.io/service-account.name"]) {
      errors.push(required("metadata.annotations[kubernetes.io/service-account.name]"));
    }
    if (old && object.type !== old.type) errors.push(invalid("type", object.type, "field is immutable"));
    return [...errors, ...validateImmutable(object, old, ["data"])];
  },
};
