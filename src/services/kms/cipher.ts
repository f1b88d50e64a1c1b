// Symmetric ciphertexts: AES-256-GCM with the encryption context as additional data (AWS KMS Developer Guide, "Encryption context").
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "../../base/random.ts";
import { badCiphertext } from "./errors.ts";

/** Name–value pairs that must be the same when decrypting. */
export type EncryptionContext = Readonly<Record<string, string>>;

const FORMAT = Buffer.from([1, 2, 2, 0]);
const KEY_ID_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = FORMAT.length + KEY_ID_BYTES;

/** The context in one form whatever the order of its members, bound to the key. */
function additionalData(header: Uint8Array, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs))]);
}

/** Seals up to 4 KiB under a key. `material`: 32 bytes. The result says which key it was. */
export function seal(keyId: string, material: Uint8Array, plaintext: Uint8Array, context: EncryptionContext, random: Random): Uint8Array {
  const header = Buffer.concat([FORMAT, Buffer.from(keyId.replaceAll("-", ""), "hex")]);
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", material, nonce);
  cipher.setAAD(additionalData(header, context));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, nonce, cipher.getAuthTag(), body]);
}

/** Id of the key that sealed a ciphertext. Throws InvalidCiphertextException if none of ours did. */
export function sealedWith(ciphertext: Uint8Array): string {
  const bytes = Buffer.from(ciphertext);
  if (bytes.length < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || !bytes.subarray(0, FORMAT.length).equals(FORMAT)) throw badCiphertext();
  const hex = bytes.subarray(FORMAT.length, HEADER_BYTES).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Opens what {@link seal} made. Throws InvalidCiphertextException if it was changed or the context differs. */
export function open(material: Uint8Array, ciphertext: Uint8Array, context: EncryptionContext): Uint8Array {
  const bytes = Buffer.from(ciphertext);
  const at = (start: number, length?: number) => bytes.subarray(start, length === undefined ? undefined : start + length);
  const decipher = createDecipheriv("aes-256-gcm", material, at(HEADER_BYTES, NONCE_BYTES));
  decipher.setAAD(additionalData(at(0, HEADER_BYTES), context));
  decipher.setAuthTag(at(HEADER_BYTES + NONCE_BYTES, TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(at(HEADER_BYTES + NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    throw badCiphertext();
  }
}
