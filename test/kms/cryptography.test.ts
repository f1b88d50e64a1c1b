// Encryption, decryption, data keys.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../src/base/random.ts";
import { open, seal, sealedWith } from "../../src/services/kms/cipher.ts";
import { createWorld, ROOT } from "./world.ts";

const KEY = "11111111-2222-4333-8444-555555555555";
const material = Buffer.alloc(32, 7);

test("what is sealed opens with the same context only, whatever its order", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
  const context = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 });
  fc.assert(
    fc.property(bytes, context, context, fc.nat(), (plaintext, mine, other, seed) => {
      const sealed = seal(KEY, material, plaintext, mine, seededRandom(seed));
      assert.equal(sealedWith(sealed), KEY);
      const reversed = Object.fromEntries(Object.entries(mine).reverse());
      assert.deepEqual(Buffer.from(open(material, sealed, reversed)), Buffer.from(plaintext));
      const same = JSON.stringify(Object.entries(mine).sort()) === JSON.stringify(Object.entries(other).sort());
      if (!same) assert.throws(() => open(material, sealed, other), { code: "InvalidCiphertextException" });
    }),
    { numRuns: 100 },
  );
});

test("any flipped bit is noticed", () => {
  const sealed = seal(KEY, material, Buffer.from("x"), { a: "b" }, seededRandom(1));
  for (let i = 0; i < sealed.length; i++) {
    const changed = Uint8Array.from(sealed);
    changed[i]! ^= 1;
    const read = () => [sealedWith(changed), open(material, changed, { a: "b" })];
    assert.throws(read, { code: "InvalidCiphertextException" });
  }
});

test("Encrypt, Decrypt and ReEncrypt", async () => {
  const { run, key } = createWorld();
  const [one, two] = [await key(), await key()];
  const EncryptionContext = { a: "1" };
  const { CiphertextBlob } = await run("Encrypt", { KeyId: one.id, Plaintext: Buffer.from("hello"), EncryptionContext });
  const read = await run("Decrypt", { CiphertextBlob: CiphertextBlob!, EncryptionContext });
  assert.deepEqual([Buffer.from(read.Plaintext!).toString(), read.KeyId], ["hello", one.arn]);
  await assert.rejects(run("Decrypt", { CiphertextBlob: CiphertextBlob! }), { code: "InvalidCiphertextException" });
  await assert.rejects(run("Decrypt", { CiphertextBlob: CiphertextBlob!, EncryptionContext, KeyId: two.id }), {
    code: "IncorrectKeyException",
  });
  const moved = await run("ReEncrypt", {
    CiphertextBlob: CiphertextBlob!,
    SourceEncryptionContext: EncryptionContext,
    DestinationKeyId: two.id,
  });
  assert.equal(Buffer.from((await run("Decrypt", { CiphertextBlob: moved.CiphertextBlob! })).Plaintext!).toString(), "hello");
  await run("DisableKey", { KeyId: one.id });
  await assert.rejects(run("Decrypt", { CiphertextBlob: CiphertextBlob!, EncryptionContext }), {
    code: "DisabledException",
    message: `${one.arn} is disabled.`,
  });
  await run("EnableKey", { KeyId: one.id });
  await run("Decrypt", { CiphertextBlob: CiphertextBlob!, EncryptionContext });
});

test("data keys come open and sealed, with exactly one way of saying how long", async () => {
  const { run, key } = createWorld();
  const { id } = await key();
  const { Plaintext, CiphertextBlob } = await run("GenerateDataKey", { KeyId: id, KeySpec: "AES_256" });
  assert.equal(Plaintext!.length, 32);
  assert.deepEqual(Uint8Array.from((await run("Decrypt", { CiphertextBlob: CiphertextBlob! })).Plaintext!), Plaintext);
  const sealed = await run("GenerateDataKeyWithoutPlaintext", { KeyId: id, NumberOfBytes: 20 });
  assert.equal((await run("Decrypt", { CiphertextBlob: sealed.CiphertextBlob! })).Plaintext!.length, 20);
  for (const size of [{}, { KeySpec: "AES_128" as const, NumberOfBytes: 16 }])
    await assert.rejects(run("GenerateDataKey", { KeyId: id, ...size }), { code: "ValidationException" });
  assert.equal((await run("GenerateRandom", { NumberOfBytes: 9 })).Plaintext!.length, 9);
});

test("a dry run does nothing but ask", async () => {
  const { run, key, user } = createWorld();
  const { id } = await key();
  const request = { KeyId: id, Plaintext: Buffer.from("x"), DryRun: true };
  await assert.rejects(run("Encrypt", request, ROOT), { code: "DryRunOperationException" });
  await assert.rejects(run("Encrypt", request, await user("nobody")), { code: "AccessDeniedException" });
});

test("garbage is no ciphertext", async () => {
  const { run } = createWorld();
  for (const bytes of [Buffer.alloc(1), Buffer.alloc(100), Buffer.from("01020200".padEnd(120, "f"), "hex")])
    await assert.rejects(run("Decrypt", { CiphertextBlob: bytes }), { code: "InvalidCiphertextException" });
});
