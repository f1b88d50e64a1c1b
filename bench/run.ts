// make bench: every figure in one line. `--save` makes them the baseline.
import { aws } from "./aws.ts";
import { clusterToReady, podsToRunning } from "./clusters.ts";
import { cniSockets } from "./cni-sockets.ts";
import { decisions } from "./decisions.ts";
import type { Figure } from "./figure.ts";
import { identity } from "./identity.ts";
import { install } from "./installation.ts";
import { kubernetes } from "./kubernetes.ts";
import { Report } from "./report.ts";
import { scale } from "./scale.ts";
import { start } from "./start.ts";

const CLUSTER = "bench";
/** Of the cluster with many pods; `make bench-scale` takes 5,000. */
const NODES = 200;
const KEY = `111122223333/us-west-2/${CLUSTER}`;

const report = new Report();
const show = (figures: readonly Figure[]) => report.show(figures);

show(await start());
show(decisions());
show(await cniSockets());
const installation = await install();
try {
  show(await clusterToReady(installation, CLUSTER));
  show(await aws(installation, CLUSTER));
  show(await identity(installation, CLUSTER, KEY));
  show(await podsToRunning(installation, CLUSTER, KEY));
  show(await kubernetes(installation, KEY));
  show((await scale(installation, NODES)).figures);
} finally {
  await installation.close();
}
if (process.argv.includes("--save")) report.save();
process.exit(0);
