// Every conformance case of the specification is shown by a test: counts ids in the test files and prints those that are not there.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Cases by section (spec vpc-cni §11). */
const SECTIONS: Readonly<Record<string, number>> = {
  ...{ A: 21, B: 20, C: 22, D: 11, E: 12, F: 11, G: 12, H: 12, I: 18, J: 12, K: 8, L: 12, M: 26, N: 15, O: 12, P: 3 },
};
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BEGIN = /\bconformance\(\s*"([A-Z])",/g;
const TITLE = /^ {2}"?([A-Z]\d+)\b[^"\n]*"?:\s*(["`]?)([^"`\n]*)/gm;

/** A case where a test file names it; `reason` says why it is skipped. */
interface Found {
  readonly id: string;
  readonly file: string;
  readonly reason: string | undefined;
}

function casesIn(file: string): Found[] {
  const text = readFileSync(file, "utf8");
  const begins = [...text.matchAll(BEGIN)];
  return begins.flatMap((begin, at) => {
    const body = text.slice(begin.index, begins[at + 1]?.index);
    return [...body.matchAll(TITLE)]
      .filter(([, id = ""]) => id.startsWith(begin[1] ?? ""))
      .map(([, id = "", quote, rest = ""]) => ({ id, file: relative(ROOT, file), reason: quote ? rest : undefined }));
  });
}

const testFiles = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"));
const found = testFiles.flatMap((name) => casesIn(join(ROOT, name)));
const all = Object.entries(SECTIONS).flatMap(([section, count]) => Array.from({ length: count }, (_, at) => `${section}${at + 1}`));

test("every id that is named exists, and is named once", () => {
  assert.equal(all.length, 227);
  assert.deepEqual(
    found.filter(({ id }) => !all.includes(id)),
    [],
  );
  const files = Map.groupBy(found, ({ id }) => id);
  assert.deepEqual(
    [...files].filter(([, places]) => places.length > 1).map(([id, places]) => [id, places.map(({ file }) => file)]),
    [],
  );
});

test("the count", (t) => {
  const shown = new Set(found.filter(({ reason }) => reason === undefined).map(({ id }) => id));
  const skipped = new Map(found.flatMap(({ id, reason }) => (reason === undefined ? [] : [[id, reason] as const])));
  t.diagnostic(`${shown.size} of ${all.length} conformance cases are shown`);
  for (const id of all) if (!shown.has(id)) t.diagnostic(`${id} is not: ${skipped.get(id) ?? "no test names it"}`);
  assert.equal(shown.size, all.length);
});
