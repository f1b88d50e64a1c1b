// Tokens kept in Secrets: they never expire, and are good as long as the Secret that holds them and their account exist.
import type { JWTPayload } from "jose";
import type { KubeObject } from "../api/object.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { UserInfo } from "./types.ts";

/** Type of the Secrets. */
export const TOKEN_SECRET = "kubernetes.io/service-account-token";
/** Annotations that say whose token a Secret holds. */
export const ACCOUNT_NAME = "kubernetes.io/service-account.name";
export const ACCOUNT_UID = "kubernetes.io/service-account.uid";
/** `iss` of such tokens, in every cluster. */
export const LEGACY_ISSUER = "kubernetes/serviceaccount";

const prefix = "kubernetes.io/serviceaccount/";
const invalidSince = "kubernetes.io/legacy-token-invalid-since";

/** The claims of the token for a Secret. */
export function legacyClaims({ metadata: { namespace = "", name, uid } }: KubeObject, secret: string): Record<string, string> {
  return {
    iss: LEGACY_ISSUER,
    [`${prefix}namespace`]: namespace,
    [`${prefix}secret.name`]: secret,
    [`${prefix}service-account.name`]: name,
    [`${prefix}service-account.uid`]: uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
}

/** Whose token this is, its signature being right; undefined unless a living Secret holds exactly it. */
export function legacyUser(objects: ObjectStorage, token: string, payload: JWTPayload): UserInfo | undefined {
  const claim = (name: string) => String(payload[prefix + name] ?? "");
  const [namespace, secretName, name, uid] = ["namespace", "secret.name", "service-account.name", "service-account.uid"].map(claim) as [
    string,
    string,
    string,
    string,
  ];
  if (!namespace || !secretName || !name || !uid || payload.sub !== `system:serviceaccount:${namespace}:${name}`) return undefined;
  const secret = objects.get({ group: "", plural: "secrets" }, namespace, secretName);
  if (!secret || secret.type !== TOKEN_SECRET || secret.metadata.deletionTimestamp || secret.metadata.labels?.[invalidSince])
    return undefined;
  if (Buffer.from(String(secret.data?.token ?? ""), "base64").toString() !== token) return undefined;
  const account = objects.get({ group: "", plural: "serviceaccounts" }, namespace, name);
  if (!account || account.metadata.uid !== uid || account.metadata.deletionTimestamp) return undefined;
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  return { username: payload.sub, uid, groups };
}
