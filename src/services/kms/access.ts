// Who may use a key: its policy, IAM where the policy leaves it to the account, and grants (AWS KMS Developer Guide, "KMS key access").
import type { GrantOperation } from "@aws-sdk/client-kms";
import type { Caller } from "../../aws/caller.ts";
import type { Call, Conditions } from "../../aws/operation.ts";
import { denialMessage } from "../../policy/denial-message.ts";
import { parsePolicy } from "../../policy/parse.ts";
import type { PolicyDocument, PrincipalIdentity } from "../../policy/types.ts";
import type { KmsDeps } from "./deps.ts";
import { denied } from "./errors.ts";
import type { GrantRecord, KeyRecord } from "./records.ts";

/** A wish to do something with a key. */
export interface KeyQuestion {
  /** Without `kms:`. */
  readonly operation: string;
  readonly key: KeyRecord;
  /** Name by which the request called the key, if it was an alias. */
  readonly alias?: string | undefined;
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
  readonly conditions?: Conditions;
  /** Grants do not count (PutKeyPolicy and the like). */
  readonly policyOnly?: boolean;
}

const documents = new Map<string, PolicyDocument>();

/** The parsed form of a stored key policy. */
function documentOf(text: string): PolicyDocument {
  let document = documents.get(text);
  if (!document) {
    document = parsePolicy(text, "resource");
    if (documents.size >= 500) documents.clear();
    documents.set(text, document);
  }
  return document;
}

/** Throws AccessDeniedException in AWS's words unless the caller may. */
export function requireAccess(call: Call, question: KeyQuestion, deps: KmsDeps): void {
  const refusal = refusalOf(call, question, deps);
  if (refusal !== undefined) throw denied(refusal);
}

function refusalOf(call: Call, question: KeyQuestion, deps: KmsDeps): string | undefined {
  const { caller } = call;
  // AWS services act for customers whose leave they had when they were set up.
  if (caller.kind === "service") return undefined;
  const { operation, key } = question;
  const request = {
    action: `kms:${operation}`,
    resource: key.arn,
    context: contextOf(call, question, deps),
    principal: identityOf(caller),
    policies: deps.directory.policies(caller),
    resourcePolicy: { name: "key policy", document: documentOf(key.policy) },
    resourceAccount: key.account,
  };
  const decision = deps.evaluate(request);
  if (decision.allowed) return undefined;
  const grants = deps.state.grantsOf({ account: key.account, region: call.region }, key.id);
  if (!decision.explicit && !question.policyOnly && grants.some((grant) => grantAllows(grant, caller, question))) return undefined;
  return denialMessage(request, decision);
}

/** Whether a principal named by ARN is the caller, or the role whose session the caller is. */
export function isPrincipal(arn: string, caller: Caller): boolean {
  return arn === caller.arn || (caller.kind === "role-session" && arn === caller.roleArn);
}

function grantAllows(grant: GrantRecord, caller: Caller, { operation, encryptionContext = {} }: KeyQuestion): boolean {
  if (!isPrincipal(grant.granteePrincipal, caller) || !grant.operations.includes(operation as GrantOperation)) return false;
  const has = (wanted: Readonly<Record<string, string>> = {}) =>
    Object.entries(wanted).every(([name, value]) => encryptionContext[name] === value);
  const exact = !grant.contextEquals || Object.keys(grant.contextEquals).length === Object.keys(encryptionContext).length;
  return has(grant.contextSubset) && has(grant.contextEquals) && exact;
}

function contextOf(call: Call, question: KeyQuestion, deps: KmsDeps): Conditions {
  const { key, alias, encryptionContext = {}, conditions } = question;
  const { requestId, region, sourceIp, userAgent, now, endpoint, caller } = call;
  const secureTransport = endpoint.startsWith("https:");
  const names = Object.keys(encryptionContext);
  const aliases = deps.state.aliasesOf({ account: key.account, region }, key.id).map(({ name }) => name);
  return {
    ...deps.globalConditions(caller, { requestId, region, sourceIp, userAgent, now, secureTransport }),
    "aws:ResourceAccount": key.account,
    ...Object.fromEntries(Object.entries(key.tags).map(([name, value]) => [`aws:ResourceTag/${name}`, value])),
    "kms:CallerAccount": caller.accountId,
    "kms:KeySpec": "SYMMETRIC_DEFAULT",
    "kms:KeyUsage": "ENCRYPT_DECRYPT",
    "kms:KeyOrigin": "AWS_KMS",
    "kms:MultiRegion": false,
    ...(aliases.length > 0 && { "kms:ResourceAliases": aliases }),
    ...(alias !== undefined && { "kms:RequestAlias": alias }),
    ...(names.length > 0 && { "kms:EncryptionContextKeys": names }),
    ...Object.fromEntries(Object.entries(encryptionContext).map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
    ...conditions,
  };
}

function identityOf(caller: Caller): PrincipalIdentity {
  const { kind, accountId, arn } = caller;
  return { kind, accountId, arn, ...(caller.kind === "role-session" && { roleArn: caller.roleArn }) };
}
