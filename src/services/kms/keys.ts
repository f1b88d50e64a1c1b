// Keys: made, described, listed, enabled and disabled (AWS KMS API Reference).
import type { KeyMetadata } from "@aws-sdk/client-kms";
import { uuid } from "../../aws/ids.ts";
import type { Operations, Sdk } from "../../aws/operation.ts";
import type { KmsDeps } from "./deps.ts";
import { invalid, unsupported } from "./errors.ts";
import { checkPolicy, defaultPolicy } from "./key-policy.ts";
import { onKey } from "./on-key.ts";
import { page } from "./paging.ts";
import type { KeyRecord } from "./records.ts";
import { keyArn } from "./state.ts";
import { checkTags } from "./tag-rules.ts";

export const keys = {
  CreateKey: {
    run(input, call, deps) {
      requireSymmetric(input);
      const id = uuid(deps.random);
      const key: KeyRecord = {
        id,
        arn: keyArn(call, id),
        account: call.account,
        createdAt: call.now,
        description: input.Description ?? "",
        enabled: true,
        policy: input.Policy ?? defaultPolicy(call),
        tags: checkTags({}, input.Tags ?? []),
        material: Buffer.from(deps.random.bytes(32)).toString("base64"),
      };
      if (input.Policy !== undefined) checkPolicy(input.Policy, key, input.BypassPolicyLockoutSafetyCheck ?? false, call, deps);
      return { KeyMetadata: view(deps.state.put(call, key)) };
    },
  },

  DescribeKey: onKey("DescribeKey", { crossAccount: true }, ({ key }) => ({ KeyMetadata: view(key) })),

  ListKeys: {
    run(input, call, { state }) {
      const { items, rest } = page(state.keysOf(call, call.now), ({ id }) => id, { Limit: input.Limit ?? 100, Marker: input.Marker });
      return { Keys: items.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), ...rest };
    },
  },

  UpdateKeyDescription: onKey(
    "UpdateKeyDescription",
    { state: "kept", noAlias: true, policyOnly: true },
    ({ key }, input, call, { state }) => {
      state.put(call, { ...key, description: input.Description ?? "" });
      return {};
    },
  ),

  EnableKey: onKey("EnableKey", { state: "kept", noAlias: true, policyOnly: true }, ({ key }, _input, call, { state }) => {
    state.put(call, { ...key, enabled: true });
    return {};
  }),

  DisableKey: onKey("DisableKey", { state: "kept", noAlias: true, policyOnly: true }, ({ key }, _input, call, { state }) => {
    state.put(call, { ...key, enabled: false });
    return {};
  }),
} satisfies Operations<Sdk["kms"], KmsDeps>;

/** Only symmetric encryption keys with material of KMS's own exist here; the rest is refused by name. */
function requireSymmetric(input: Parameters<typeof keys.CreateKey.run>[0]): void {
  const { KeySpec, CustomerMasterKeySpec, KeyUsage = "ENCRYPT_DECRYPT", Origin = "AWS_KMS", MultiRegion } = input;
  if (KeySpec !== undefined && CustomerMasterKeySpec !== undefined)
    throw invalid("You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.");
  const spec = KeySpec ?? CustomerMasterKeySpec ?? "SYMMETRIC_DEFAULT";
  if (spec !== "SYMMETRIC_DEFAULT") throw unsupported(`Atoll does not implement keys of KeySpec ${spec}.`);
  if (KeyUsage !== "ENCRYPT_DECRYPT") throw invalid(`KeyUsage ${KeyUsage} is not compatible with KeySpec SYMMETRIC_DEFAULT`);
  if (Origin !== "AWS_KMS") throw unsupported(`Atoll does not implement keys of Origin ${Origin}.`);
  if (MultiRegion) throw unsupported("Atoll does not implement multi-Region keys.");
}

const stateOf = (key: KeyRecord) => (key.deletionAt !== undefined ? "PendingDeletion" : key.enabled ? "Enabled" : "Disabled");

/** A key as the API shows it. */
export function view(key: KeyRecord): KeyMetadata {
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: new Date(key.createdAt),
    Enabled: key.enabled && key.deletionAt === undefined,
    Description: key.description,
    KeyUsage: "ENCRYPT_DECRYPT",
    KeyState: stateOf(key),
    ...(key.deletionAt !== undefined && { DeletionDate: new Date(key.deletionAt) }),
    Origin: "AWS_KMS",
    KeyManager: "CUSTOMER",
    CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
    KeySpec: "SYMMETRIC_DEFAULT",
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    MultiRegion: false,
  };
}
