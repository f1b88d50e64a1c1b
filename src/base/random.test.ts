// Bytes that are drawn ahead are handed out once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { randomInt, randomString, seededRandom, systemRandom } from "./random.ts";

test("as many bytes as asked for, however many", () => {
  for (const length of [0, 1, 4, 16, 1023, 1024, 1025, 4096, 100_000]) assert.equal(systemRandom.bytes(length).length, length);
});

test("no bytes are handed out twice, nor changed afterwards", () => {
  const drawn = Array.from({ length: 5000 }, () => systemRandom.bytes(16));
  const texts = drawn.map((each) => Buffer.from(each).toString("hex"));
  assert.equal(new Set(texts).size, texts.length);
  for (const each of drawn) each.fill(0);
  assert.match(Buffer.from(systemRandom.bytes(16)).toString("hex"), /[^0]/);
  for (let i = 0; i < 1000; i++) systemRandom.bytes(7);
  assert.ok(drawn.every((each) => each.every((byte) => byte === 0)));
});

test("every value of a byte comes up about as often", () => {
  const seen = new Array<number>(256).fill(0);
  for (let i = 0; i < 20_000; i++) for (const byte of systemRandom.bytes(5)) seen[byte]!++;
  for (const count of seen) assert.ok(count > 250 && count < 550, `${count} of about 390`);
});

test("a seed repeats; numbers and texts keep to their bounds", () => {
  assert.deepEqual(seededRandom(1).bytes(8), seededRandom(1).bytes(8));
  for (let i = 0; i < 1000; i++) assert.ok(randomInt(systemRandom, 7) < 7);
  assert.match(randomString(systemRandom, "abc", 40), /^[abc]{40}$/);
});
