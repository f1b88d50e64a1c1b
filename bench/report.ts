// Prints figures beside the baseline, and keeps them as the baseline when asked.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Figure, line } from "./figure.ts";

const FILE = new URL("baseline.json", import.meta.url);

/** The figures of one run. */
export class Report {
  readonly #baseline = (existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {}) as Record<string, number>;
  readonly #measured: Record<string, number> = {};

  show(figures: readonly Figure[]): void {
    for (const figure of figures) {
      this.#measured[figure.name] = Number(figure.value.toPrecision(4));
      process.stdout.write(`${line(figure, this.#baseline[figure.name])}\n`);
    }
  }

  /** Makes what was measured the baseline; figures of other runs stay. */
  save(): void {
    writeFileSync(FILE, `${JSON.stringify({ ...this.#baseline, ...this.#measured }, undefined, 2)}\n`);
  }
}
