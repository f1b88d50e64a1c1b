// Runs conformance cases by id and prints how many of a section were covered.
import assert from "node:assert/strict";
import { test } from "node:test";

/** What is to be shown, by case id; an id may be followed by words. A text instead says why a case cannot apply: it is skipped, uncounted. */
export type Cases = Readonly<Record<string, (() => void | Promise<void>) | string>>;

/** Registers a test for every case, and one that tells the count. Titles without an id of the section run too, uncounted. */
export function conformance(section: string, cases: Cases): void {
  const isCounted = (id: string) => new RegExp(`^${section}\\d+$`).test(id);
  const ids = new Set(
    Object.entries(cases)
      .filter(([, run]) => typeof run !== "string")
      .map(([title]) => title.split(" ")[0] ?? "")
      .filter(isCounted),
  );
  const failed = new Set<string>();
  for (const [title, run] of Object.entries(cases)) {
    if (typeof run === "string") {
      test(title, (t) => t.skip(run));
      continue;
    }
    test(title, async () => {
      failed.add(title);
      await run();
      failed.delete(title);
    });
  }
  test(`section ${section}`, (t) => {
    assert.deepEqual([...failed], []);
    t.diagnostic(`${ids.size} conformance cases of section ${section}: ${[...ids].join(" ")}`);
  });
}
