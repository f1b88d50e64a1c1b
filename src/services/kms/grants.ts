// Grants (AWS KMS Developer Guide, "Grants in AWS KMS"). A grant is in force at once, so its token adds nothing.
import type { GrantListEntry, GrantOperation } from "@aws-sdk/client-kms";
import { AwsError } from "../../aws/errors.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { isPrincipal } from "./access.ts";
import type { KmsDeps } from "./deps.ts";
import { denied, invalid, limitExceeded, notFound } from "./errors.ts";
import { findKey, onKey } from "./on-key.ts";
import { page } from "./paging.ts";
import type { GrantRecord, KeyRecord } from "./records.ts";
import { keyArn, type Place, scopeOf } from "./state.ts";

const LIMIT = 50_000;

/** What a symmetric encryption key can be used for by grant. */
const OPERATIONS: ReadonlySet<GrantOperation> = new Set<GrantOperation>([
  "Encrypt",
  "Decrypt",
  "GenerateDataKey",
  "GenerateDataKeyWithoutPlaintext",
  "ReEncryptFrom",
  "ReEncryptTo",
  "CreateGrant",
  "RetireGrant",
  "DescribeKey",
]);

const grantKey = (place: Place, { keyId, id }: GrantRecord) => `${scopeOf(place)}${keyId}/${id}`;

export const grants = {
  CreateGrant: onKey(
    "CreateGrant",
    {
      state: "enabled",
      crossAccount: true,
      noAlias: true,
      conditions: ({ GranteePrincipal, RetiringPrincipal, Operations }, { sourceIp }) => ({
        "kms:GranteePrincipal": GranteePrincipal,
        "kms:RetiringPrincipal": RetiringPrincipal,
        ...(Operations?.length && { "kms:GrantOperations": Operations }),
        // Only a service that asks in the caller's name has a name for an address.
        "kms:GrantIsForAWSResource": sourceIp.endsWith(".amazonaws.com"),
      }),
    },
    ({ key, place }, input, call, deps) => {
      const { GranteePrincipal = "", RetiringPrincipal, Operations = [], Constraints, Name } = input;
      for (const principal of [GranteePrincipal, RetiringPrincipal]) if (principal !== undefined) requirePrincipal(principal, key, deps);
      const wrong = Operations.find((operation) => !OPERATIONS.has(operation));
      if (wrong) throw invalid(`Grant operation ${wrong} is not valid for a key of KeySpec SYMMETRIC_DEFAULT`);
      if (Operations.length === 0) throw invalid("A grant needs at least one operation.");
      const present = deps.state.grantsOf(place, key.id);
      const wanted = {
        ...(Name !== undefined && { name: Name }),
        granteePrincipal: GranteePrincipal,
        ...(RetiringPrincipal !== undefined && { retiringPrincipal: RetiringPrincipal }),
        operations: Operations,
        ...(Constraints?.EncryptionContextEquals && { contextEquals: Constraints.EncryptionContextEquals }),
        ...(Constraints?.EncryptionContextSubset && { contextSubset: Constraints.EncryptionContextSubset }),
      };
      // The same request under the same name is the same grant.
      const same = Name === undefined ? undefined : present.find((grant) => isSame(grant, wanted));
      if (!same && present.length >= LIMIT) throw limitExceeded(`A key may have up to ${LIMIT} grants.`);
      const grant = same ?? {
        ...wanted,
        id: Buffer.from(deps.random.bytes(32)).toString("hex"),
        keyId: key.id,
        createdAt: call.now,
        issuingAccount: call.account,
      };
      if (!same) deps.state.grants.put(grantKey(place, grant), grant);
      return { GrantId: grant.id, GrantToken: tokenOf(place, grant) };
    },
  ),

  ListGrants: onKey("ListGrants", { crossAccount: true, noAlias: true, policyOnly: true }, ({ key, place }, input, _call, { state }) => {
    const { GrantId, GranteePrincipal } = input;
    const matching = state
      .grantsOf(place, key.id)
      .filter(({ id, granteePrincipal }) => (GrantId ?? id) === id && (GranteePrincipal ?? granteePrincipal) === granteePrincipal);
    const { items, rest } = page(matching, ({ id }) => id, input);
    return { Grants: items.map((grant) => view(place, grant)), ...rest };
  }),

  ListRetirableGrants: {
    run(input, call, { state }) {
      const matching = state.grants.list(scopeOf(call)).filter(({ retiringPrincipal }) => retiringPrincipal === input.RetiringPrincipal);
      const { items, rest } = page(matching, ({ id }) => id, input);
      return { Grants: items.map((grant) => view(call, grant)), ...rest };
    },
  },

  RevokeGrant: onKey(
    "RevokeGrant",
    { crossAccount: true, noAlias: true, policyOnly: true },
    ({ key, place }, { GrantId = "" }, _call, { state }) => {
      if (!state.grants.delete(`${scopeOf(place)}${key.id}/${GrantId}`)) throw noGrant(GrantId);
      return {};
    },
  ),

  RetireGrant: {
    action: "none",
    async run(input, call, deps) {
      const { place, grant } = namedGrant(input, call, deps);
      const retiring = grant.retiringPrincipal !== undefined && isPrincipal(grant.retiringPrincipal, call.caller);
      const grantee = isPrincipal(grant.granteePrincipal, call.caller) && grant.operations.includes("RetireGrant");
      if (!retiring && !grantee) {
        await findKey("RetireGrant", keyArn(place, grant.keyId), call, deps, { crossAccount: true, policyOnly: true });
        if (place.account !== call.account) throw denied(`User: ${call.caller.arn} is not authorized to perform: kms:RetireGrant`);
      }
      deps.state.grants.delete(grantKey(place, grant));
      return {};
    },
  },
} satisfies Operations<Sdk["kms"], KmsDeps>;

const noGrant = (id: string) => notFound(`Grant ID ${id} not found`);

/** The grant that a token, or a key and a grant id, name. Throws NotFoundException, InvalidGrantTokenException, ValidationException. */
function namedGrant(
  { GrantToken, KeyId, GrantId }: { GrantToken?: string | undefined; KeyId?: string | undefined; GrantId?: string | undefined },
  call: Call,
  { state }: KmsDeps,
): { place: Place; grant: GrantRecord } {
  if ((GrantToken === undefined) === (KeyId === undefined || GrantId === undefined)) {
    throw invalid("Exactly one of GrantToken, and KeyId with GrantId, must be specified.");
  }
  const token = GrantToken === undefined ? undefined : openToken(GrantToken);
  const { place, id } = state.resolve(token?.key ?? KeyId ?? "", call);
  const grantId = token?.id ?? GrantId ?? "";
  const grant = state.grants.get(`${scopeOf(place)}${id}/${grantId}`);
  if (!grant) throw noGrant(grantId);
  return { place, grant };
}

const tokenOf = (place: Place, grant: GrantRecord) => Buffer.from(`${keyArn(place, grant.keyId)} ${grant.id}`).toString("base64");

function openToken(token: string): { key: string; id: string } {
  const [key = "", id = "", ...more] = Buffer.from(token, "base64").toString().split(" ");
  if (!key.startsWith("arn:") || !/^[0-9a-f]{64}$/.test(id) || more.length > 0) {
    throw new AwsError("InvalidGrantTokenException", "The grant token is not valid.");
  }
  return { key, id };
}

function isSame(grant: GrantRecord, wanted: Partial<GrantRecord>): boolean {
  const { id: _id, keyId: _key, createdAt: _at, issuingAccount: _by, ...rest } = grant;
  const sorted = (record: object) => JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(rest) === sorted(wanted);
}

/** Grants name users, roles, sessions and accounts; those of this account's roles and users must exist. */
function requirePrincipal(arn: string, key: KeyRecord, { directory }: KmsDeps): void {
  const bad = () => new AwsError("InvalidArnException", `ARN does not refer to a valid principal: ${arn}`);
  const match = /^arn:[^:]+:(iam|sts)::(\d{12}):(root$|(user|role|assumed-role|federated-user)\/(.+)$)/.exec(arn);
  if (!match) throw bad();
  const [, , account = "", , kind, name = ""] = match;
  if (account !== key.account) return;
  if (kind === "role" && !directory.role(arn)) throw bad();
  if (kind === "user" && !directory.user(account, name.split("/").at(-1)!)) throw bad();
}

function view(place: Place, grant: GrantRecord): GrantListEntry {
  const { id, keyId, name, createdAt, granteePrincipal, retiringPrincipal, operations, contextEquals, contextSubset, issuingAccount } =
    grant;
  return {
    KeyId: keyArn(place, keyId),
    GrantId: id,
    Name: name ?? "",
    CreationDate: new Date(createdAt),
    GranteePrincipal: granteePrincipal,
    ...(retiringPrincipal !== undefined && { RetiringPrincipal: retiringPrincipal }),
    IssuingAccount: `arn:${place.partition}:iam::${issuingAccount}:root`,
    Operations: [...operations],
    ...((contextEquals || contextSubset) && {
      Constraints: {
        ...(contextEquals && { EncryptionContextEquals: { ...contextEquals } }),
        ...(contextSubset && { EncryptionContextSubset: { ...contextSubset } }),
      },
    }),
  };
}
