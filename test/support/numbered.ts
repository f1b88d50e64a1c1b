// Counting tests that show numbered items of a list: `test("6 …")`, `describe("6 …")`, or `test("vectors 1, 7: …")`.
import { globSync, readFileSync } from "node:fs";

const TITLE = /^(?:test|describe)\(\s*[`"']([^`"']+)/gm;

/** The numbers that the titles of test files show, in the order found. `numbersOf` reads them out of a title. */
export function shownNumbers(glob: string, directory: string, numbersOf: (title: string) => readonly number[]): number[] {
  const files = globSync(glob, { cwd: directory }).sort();
  const titles = files.flatMap((file) => [...readFileSync(`${directory}/${file}`, "utf8").matchAll(TITLE)].map(([, title = ""]) => title));
  return titles.flatMap(numbersOf);
}

/** What is wrong with a set of numbers that should be 1 to `total`, each once; and which are missing. */
export function judge(numbers: readonly number[], total: number) {
  const twice = numbers.filter((number, index) => numbers.indexOf(number) !== index);
  const unknown = numbers.filter((number) => !Number.isInteger(number) || number < 1 || number > total);
  const all = Array.from({ length: total }, (_, index) => index + 1);
  return { twice, unknown, missing: all.filter((number) => !numbers.includes(number)) };
}
