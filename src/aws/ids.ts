// Identifiers of every service, from an injected source of randomness (spec eks §3.2, identity §0.1).
import { type Random, randomString } from "../base/random.ts";

const LOWER_BASE36 = "abcdefghijklmnopqrstuvwxyz0123456789";
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function hex(random: Random, bytes: number): string {
  return Buffer.from(random.bytes(bytes)).toString("hex");
}

/** A version 4 UUID: request and event ids, update ids, ARN suffixes. */
export function uuid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const text = bytes.toString("hex");
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

/** `a-` and 17 lower-case letters or digits. */
export function podIdentityAssociationId(random: Random): string {
  return `a-${randomString(random, LOWER_BASE36, 17)}`;
}

/** 32 upper-case hex digits: label of a cluster's endpoint and path of its OIDC issuer. */
export function clusterHexId(random: Random): string {
  return hex(random, 16).toUpperCase();
}

/** `<prefix>-0` and 16 hex digits: `vpc-0a1b2c3d4e5f60718`. */
export function ec2Id(prefix: string, random: Random): string {
  return `${prefix}-0${hex(random, 8)}`;
}

/** IAM's unique ids: a four-letter prefix (AIDA, AROA, AGPA, AIPA, ANPA, ANVA) and 17 characters. */
export function iamId(prefix: string, random: Random): string {
  return prefix + randomString(random, BASE32, 17);
}

/** 20 characters, `AKIA…` for long-term keys and `ASIA…` for temporary ones. */
export function accessKeyId(prefix: "AKIA" | "ASIA", random: Random): string {
  return prefix + randomString(random, BASE32, 16);
}

/** 40 base64 characters. */
export function secretAccessKey(random: Random): string {
  return Buffer.from(random.bytes(30)).toString("base64");
}
