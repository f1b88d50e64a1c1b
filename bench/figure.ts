// One measured figure and how it is printed: always beside something run on the same machine.

/** A figure. `ratio` compares it with `reference`; above 1 means that Atoll takes more (or gives more, for rates). */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly ratio?: number;
  readonly reference?: string;
}

/** `name  value unit  (ratio × reference)`. */
export function line({ name, value, unit, ratio, reference }: Figure, baseline: number | undefined): string {
  const number = value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
  const beside = ratio === undefined ? "" : `  ${ratio.toFixed(2)} × ${reference}`;
  const before = baseline === undefined ? "" : `  ${(value / baseline).toFixed(2)} × baseline`;
  return `${name.padEnd(44)} ${number.padStart(9)} ${unit.padEnd(12)}${beside}${before}`;
}

/** Calls `run` `count` times, `width` at a time, and returns calls per second. */
export async function rate(count: number, width: number, run: (index: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await run(next++);
    }),
  );
  return count / ((performance.now() - began) / 1000);
}

/** User and system CPU milliseconds that `run` takes in this process. */
export async function cpu(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
