// make bench: every figure in one line. `--save` makes them the baseline.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { aws } from "./aws.ts";
import { clusterToReady, podsToRunning } from "./clusters.ts";
import { decisions } from "./decisions.ts";
import { type Figure, line } from "./figure.ts";
import { identity } from "./identity.ts";
import { install } from "./installation.ts";
import { kubernetes } from "./kubernetes.ts";
import { start } from "./start.ts";

const BASELINE = new URL("baseline.json", import.meta.url);
const CLUSTER = "bench";
const KEY = `111122223333/us-west-2/${CLUSTER}`;

const baseline = (existsSync(BASELINE) ? JSON.parse(readFileSync(BASELINE, "utf8")) : {}) as Record<string, number>;
const measured: Record<string, number> = {};
const show = (figures: readonly Figure[]) => {
  for (const figure of figures) {
    measured[figure.name] = Number(figure.value.toPrecision(4));
    process.stdout.write(`${line(figure, baseline[figure.name])}\n`);
  }
};

show(await start());
show(decisions());
const installation = await install();
try {
  show(await clusterToReady(installation, CLUSTER));
  show(await aws(installation, CLUSTER));
  show(await identity(installation, CLUSTER, KEY));
  show(await podsToRunning(installation, CLUSTER, KEY));
  show(await kubernetes(installation, KEY));
} finally {
  await installation.close();
}
if (process.argv.includes("--save")) writeFileSync(BASELINE, `${JSON.stringify(measured, undefined, 2)}\n`);
process.exit(0);
