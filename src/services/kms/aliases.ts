// Aliases of keys (AWS KMS API Reference).
import { AwsError } from "../../aws/errors.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { KmsDeps } from "./deps.ts";
import { aliasExists, invalid, noAlias } from "./errors.ts";
import { findKey } from "./on-key.ts";
import { page } from "./paging.ts";
import type { AliasRecord } from "./records.ts";
import { aliasArn, scopeOf } from "./state.ts";

const LIMIT = 50;

export const aliases = {
  CreateAlias: {
    resource: ({ AliasName = "" }, call) => aliasArn(call, AliasName),
    async run({ AliasName: name = "", TargetKeyId = "" }, call, deps) {
      requireName(name);
      if (TargetKeyId.includes("alias/")) throw invalid("Aliases must refer to keys. Not aliases");
      const { key } = await findKey("CreateAlias", TargetKeyId, call, deps, { state: "kept", policyOnly: true });
      if (deps.state.aliases.has(scopeOf(call) + name)) throw aliasExists(aliasArn(call, name));
      requireRoom(key.id, call, deps);
      deps.state.aliases.put(scopeOf(call) + name, { name, targetKeyId: key.id, createdAt: call.now, updatedAt: call.now });
      return {};
    },
  },

  UpdateAlias: {
    resource: ({ AliasName = "" }, call) => aliasArn(call, AliasName),
    async run({ AliasName: name = "", TargetKeyId = "" }, call, deps) {
      requireName(name);
      const alias = requireAlias(name, call, deps);
      if (TargetKeyId.includes("alias/")) throw invalid("Aliases must refer to keys. Not aliases");
      await findKey("UpdateAlias", alias.targetKeyId, call, deps, { policyOnly: true });
      const { key } = await findKey("UpdateAlias", TargetKeyId, call, deps, { state: "kept", policyOnly: true });
      if (alias.targetKeyId !== key.id) requireRoom(key.id, call, deps);
      deps.state.aliases.put(scopeOf(call) + name, { ...alias, targetKeyId: key.id, updatedAt: call.now });
      return {};
    },
  },

  DeleteAlias: {
    resource: ({ AliasName = "" }, call) => aliasArn(call, AliasName),
    async run({ AliasName: name = "" }, call, deps) {
      requireName(name);
      const { targetKeyId } = requireAlias(name, call, deps);
      await findKey("DeleteAlias", targetKeyId, call, deps, { policyOnly: true });
      deps.state.aliases.delete(scopeOf(call) + name);
      return {};
    },
  },

  ListAliases: {
    async run(input, call, deps) {
      const target =
        input.KeyId === undefined ? undefined : (await findKey("ListAliases", input.KeyId, call, deps, { policyOnly: true })).key.id;
      const live = deps.state.aliasesOf(call, target).filter(({ targetKeyId }) => deps.state.key(call, targetKeyId, call.now));
      const { items, rest } = page(live, ({ name }) => name, input);
      const view = ({ name, targetKeyId, createdAt, updatedAt }: AliasRecord) => ({
        AliasName: name,
        AliasArn: aliasArn(call, name),
        TargetKeyId: targetKeyId,
        CreationDate: new Date(createdAt),
        LastUpdatedDate: new Date(updatedAt),
      });
      return { Aliases: items.map(view), ...rest };
    },
  },
} satisfies Operations<Sdk["kms"], KmsDeps>;

function requireName(name: string): void {
  const bad = (message: string) => new AwsError("InvalidAliasNameException", message);
  if (!name.startsWith("alias/")) throw invalid('Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/');
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) throw bad("Alias contains invalid characters for an alias");
  if (name.startsWith("alias/aws/")) throw new AwsError("NotAuthorizedException", "alias/aws/ is reserved for AWS managed keys", {}, 400);
}

function requireAlias(name: string, call: Call, { state }: KmsDeps): Readonly<AliasRecord> {
  const alias = state.aliases.get(scopeOf(call) + name);
  if (!alias || !state.key(call, alias.targetKeyId, call.now)) throw noAlias(aliasArn(call, name));
  return alias;
}

function requireRoom(keyId: string, call: Call, { state }: KmsDeps): void {
  if (state.aliasesOf(call, keyId).length >= LIMIT) {
    throw new AwsError("LimitExceededException", `A key may have up to ${LIMIT} aliases.`);
  }
}
