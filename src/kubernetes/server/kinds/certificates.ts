// Certificate signing requests: what is asked, by whom, and how decisions and certificates are written down.
import "reflect-metadata";
import { Pkcs10CertificateRequest, X509Certificate } from "@peculiar/x509";
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { timestamp } from "../../api/json.ts";
import { dns1123Subdomain } from "../../api/names.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import type { ServerContext } from "../context.ts";
import type { Strategy } from "../strategy.ts";
import { immutable } from "./field-rules.ts";

const usages = [
  ..."signing,digital signature,content commitment,key encipherment,key agreement,data encipherment,cert sign".split(","),
  ..."crl sign,encipher only,decipher only,any,server auth,client auth,code signing,email protection,s/mime".split(","),
  ..."ipsec end system,ipsec tunnel,ipsec user,timestamping,ocsp signing,microsoft sgc,netscape sgc".split(","),
].sort();
const shortest = 600;
const decisions = ["Approved", "Denied", "Failed"];
const signerForm = "must be a fully qualified domain and path of the form 'example.com/signer-name'";

export const certificateRequests: Strategy = {
  // "We don't care what you call your certificate requests."
  nameProblem: () => undefined,
  prepareCreate(object, _context, { user }) {
    object.spec = {
      ...object.spec,
      username: user.username,
      groups: user.groups,
      ...(user.uid && { uid: user.uid }),
      ...(user.extra && { extra: user.extra }),
    };
    object.status = {};
  },
  prepareUpdate(object, old, context) {
    object.spec = old.spec;
    timeConditions(object, old, context);
  },
  prepareStatus: timeConditions,
  validate({ spec = {}, status = {} }, old) {
    const errors: FieldError[] = [];
    if (!old) errors.push(...requestErrors(spec));
    return [...errors, ...conditionErrors(status.conditions ?? []), ...(old ? kept(status, old) : [])];
  },
  validateStatus({ status = {} }, old) {
    const before = old.status ?? {};
    const errors = [...conditionErrors(status.conditions ?? []), ...kept(status, old)];
    for (const type of ["Approved", "Denied"])
      if (has(status, type) && !has(before, type))
        errors.push(forbiddenField("status.conditions", `updates may not add a condition of type ${JSON.stringify(type)}`));
    if (before.certificate) errors.push(...immutable("status.certificate", status.certificate, before.certificate));
    else if (status.certificate) errors.push(...certificateErrors(status.certificate));
    return errors;
  },
};

const has = (status: any, type: string) => (status?.conditions ?? []).some((each: any) => each.type === type);

/** Times of conditions are the server's. */
function timeConditions(object: NewObject, old: KubeObject, context: ServerContext): void {
  const now = timestamp(context.now());
  for (const condition of object.status?.conditions ?? []) {
    const before = (old.status?.conditions ?? []).find((each: any) => each.type === condition.type);
    condition.lastUpdateTime ??= now;
    condition.lastTransitionTime ??= before?.status === condition.status ? before.lastTransitionTime : now;
  }
}

function requestErrors(spec: any): FieldError[] {
  const errors: FieldError[] = [];
  const problem = requestProblem(spec.request ?? "");
  if (problem) errors.push(invalid("spec.request", spec.request ?? "", problem));
  const wanted: string[] = spec.usages ?? [];
  if (wanted.length === 0) errors.push(required("spec.usages"));
  for (const [i, usage] of wanted.entries()) {
    if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, usages));
    if (wanted.indexOf(usage) < i) errors.push(duplicate(`spec.usages[${i}]`, usage));
  }
  const signer: string = spec.signerName ?? "";
  if (signer === "kubernetes.io/legacy-unknown")
    errors.push(invalid("spec.signerName", signer, "the legacy signerName is not allowed via this API version"));
  else if (signer === "") errors.push(required("spec.signerName"));
  else {
    const [domain = "", ...path] = signer.split("/");
    if (path.length !== 1 || path[0] === "" || dns1123Subdomain(domain) !== undefined || !domain.includes("."))
      errors.push(invalid("spec.signerName", signer, signerForm));
  }
  const seconds = spec.expirationSeconds;
  if (seconds !== undefined && seconds < shortest)
    errors.push(invalid("spec.expirationSeconds", seconds, `may not specify a duration less than ${shortest} seconds (10 minutes)`));
  return errors;
}

function requestProblem(base64: string): string | undefined {
  const text = Buffer.from(base64, "base64").toString();
  if (!/^-----BEGIN (NEW )?CERTIFICATE REQUEST-----/m.test(text)) return "PEM block type must be CERTIFICATE REQUEST";
  try {
    new Pkcs10CertificateRequest(text.replaceAll("NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST"));
    return undefined;
  } catch {
    return "asn1: structure error: the certificate request cannot be parsed";
  }
}

function conditionErrors(conditions: readonly any[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { type = "", status }] of conditions.entries()) {
    const at = `status.conditions[${i}]`;
    if (type === "") errors.push(required(`${at}.type`));
    if (!status) errors.push(required(`${at}.status`));
    else if (decisions.includes(type) && status !== "True") errors.push(notSupported(`${at}.status`, status, ["True"]));
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    const other = type === "Approved" ? "Denied" : type === "Denied" ? "Approved" : undefined;
    if (other && seen.has(other)) errors.push(invalid(`${at}.type`, type, "Approved and Denied conditions are mutually exclusive"));
    seen.add(type);
  }
  return errors;
}

/** Decisions are final. */
function kept(status: any, old: KubeObject): FieldError[] {
  return decisions
    .filter((type) => has(old.status, type) && !has(status, type))
    .map((type) => forbiddenField("status.conditions", `updates may not remove a condition of type ${JSON.stringify(type)}`));
}

function certificateErrors(base64: string): FieldError[] {
  const text = Buffer.from(base64, "base64").toString();
  const blocks = text.match(/-----BEGIN [^-]*-----[\s\S]*?-----END [^-]*-----/g) ?? [];
  const wrong = (why: string) => [invalid("status.certificate", "<certificate data>", why)];
  if (blocks.length === 0) return wrong("must contain at least one CERTIFICATE PEM block");
  for (const [i, block] of blocks.entries()) {
    if (!block.startsWith("-----BEGIN CERTIFICATE-----"))
      return wrong(`only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(block.slice(11, block.indexOf("-", 11)))}`);
    try {
      new X509Certificate(block);
    } catch (error) {
      return wrong(`CERTIFICATE PEM block at index ${i}: ${(error as Error).message}`);
    }
  }
  return [];
}
