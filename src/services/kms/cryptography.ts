// Encrypting, decrypting and data keys (AWS KMS API Reference).
import { AwsError } from "../../aws/errors.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { type EncryptionContext, open, seal, sealedWith } from "./cipher.ts";
import type { KmsDeps } from "./deps.ts";
import { badCiphertext, invalid, unsupported, wrongKey } from "./errors.ts";
import { type FoundKey, findKey, onKey } from "./on-key.ts";
import type { KeyRecord } from "./records.ts";
import { keyArn } from "./state.ts";

const ALGORITHM = "SYMMETRIC_DEFAULT" as const;
const USE = { state: "enabled", crossAccount: true } as const;

interface Contextual {
  readonly EncryptionContext?: Record<string, string> | undefined;
}
const encryptionContext = ({ EncryptionContext }: Contextual) => EncryptionContext;

const materialOf = ({ material }: KeyRecord) => Buffer.from(material, "base64");
const sealUnder = (key: KeyRecord, plaintext: Uint8Array, context: EncryptionContext, { random }: KmsDeps) =>
  seal(key.id, materialOf(key), plaintext, context, random);

export const cryptography = {
  Encrypt: onKey("Encrypt", { ...USE, encryptionContext }, ({ key }, input, _call, deps) => {
    requireAlgorithm(input.EncryptionAlgorithm);
    refuseDryRun(input);
    const CiphertextBlob = sealUnder(key, input.Plaintext ?? new Uint8Array(), input.EncryptionContext ?? {}, deps);
    return { CiphertextBlob, KeyId: key.arn, EncryptionAlgorithm: ALGORITHM };
  }),

  Decrypt: {
    action: "none",
    async run(input, call, deps) {
      requireAlgorithm(input.EncryptionAlgorithm);
      if (input.Recipient) throw unsupported("Atoll does not implement Recipient.");
      const { key } = await sealingKey("Decrypt", input, input.KeyId, input.EncryptionContext, call, deps);
      refuseDryRun(input);
      const Plaintext = open(materialOf(key), input.CiphertextBlob!, input.EncryptionContext ?? {});
      return { Plaintext, KeyId: key.arn, EncryptionAlgorithm: ALGORITHM };
    },
  },

  ReEncrypt: {
    action: "none",
    async run(input, call, deps) {
      requireAlgorithm(input.SourceEncryptionAlgorithm);
      requireAlgorithm(input.DestinationEncryptionAlgorithm);
      const { SourceEncryptionContext = {}, DestinationEncryptionContext = {} } = input;
      const { key: from } = await sealingKey("ReEncryptFrom", input, input.SourceKeyId, SourceEncryptionContext, call, deps);
      const demand = { ...USE, encryptionContext: DestinationEncryptionContext };
      const { key: to } = await findKey("ReEncryptTo", input.DestinationKeyId ?? "", call, deps, demand);
      refuseDryRun(input);
      const plaintext = open(materialOf(from), input.CiphertextBlob!, SourceEncryptionContext);
      return {
        CiphertextBlob: sealUnder(to, plaintext, DestinationEncryptionContext, deps),
        SourceKeyId: from.arn,
        KeyId: to.arn,
        SourceEncryptionAlgorithm: ALGORITHM,
        DestinationEncryptionAlgorithm: ALGORITHM,
      };
    },
  },

  GenerateDataKey: onKey("GenerateDataKey", { ...USE, encryptionContext }, ({ key }, input, _call, deps) => {
    if (input.Recipient) throw unsupported("Atoll does not implement Recipient.");
    refuseDryRun(input);
    const Plaintext = deps.random.bytes(sizeOf(input));
    return { Plaintext, CiphertextBlob: sealUnder(key, Plaintext, input.EncryptionContext ?? {}, deps), KeyId: key.arn };
  }),

  GenerateDataKeyWithoutPlaintext: onKey(
    "GenerateDataKeyWithoutPlaintext",
    { ...USE, encryptionContext },
    ({ key }, input, _call, deps) => {
      refuseDryRun(input);
      const plaintext = deps.random.bytes(sizeOf(input));
      return { CiphertextBlob: sealUnder(key, plaintext, input.EncryptionContext ?? {}, deps), KeyId: key.arn };
    },
  ),

  GenerateRandom: {
    run({ NumberOfBytes, CustomKeyStoreId, Recipient }, _call, { random }) {
      if (NumberOfBytes === undefined) throw invalid("NumberOfBytes is required.");
      if (CustomKeyStoreId !== undefined) throw unsupported("Atoll does not implement custom key stores.");
      if (Recipient) throw unsupported("Atoll does not implement Recipient.");
      return { Plaintext: random.bytes(NumberOfBytes) };
    },
  },
} satisfies Operations<Sdk["kms"], KmsDeps>;

/** The key that sealed a ciphertext, which must be the one the caller names, if any. */
async function sealingKey(
  operation: string,
  { CiphertextBlob }: { CiphertextBlob?: Uint8Array | undefined },
  named: string | undefined,
  context: EncryptionContext | undefined,
  call: Call,
  deps: KmsDeps,
): Promise<FoundKey> {
  if (!CiphertextBlob) throw badCiphertext();
  const id = sealedWith(CiphertextBlob);
  const demand = { ...USE, encryptionContext: context };
  if (named === undefined) {
    if (!deps.state.key(call, id, call.now)) throw badCiphertext();
    return findKey(operation, keyArn(call, id), call, deps, demand);
  }
  const found = await findKey(operation, named, call, deps, demand);
  if (found.key.id !== id) throw wrongKey();
  return found;
}

function requireAlgorithm(algorithm: string | undefined): void {
  if (algorithm !== undefined && algorithm !== ALGORITHM)
    throw new AwsError("InvalidKeyUsageException", `The algorithm ${algorithm} does not fit a key of KeySpec SYMMETRIC_DEFAULT.`);
}

/** A dry run ends here, when everything that can be asked has been. */
function refuseDryRun({ DryRun }: { DryRun?: boolean | undefined }): void {
  if (DryRun) throw new AwsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");
}

/** Bytes of a data key: exactly one of KeySpec and NumberOfBytes. Throws ValidationException. */
function sizeOf({ KeySpec, NumberOfBytes }: { KeySpec?: string | undefined; NumberOfBytes?: number | undefined }): number {
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) throw invalid("Please specify either number of bytes or key spec.");
  return NumberOfBytes ?? (KeySpec === "AES_128" ? 16 : 32);
}
