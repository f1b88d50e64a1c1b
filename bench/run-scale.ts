// make bench-scale: a cluster of 5,000 nodes and 150,000 pods beside a small one. `--save` makes its figures the baseline; `--nodes 500` asks for fewer.
import { parseArgs } from "node:util";
import { install } from "./installation.ts";
import { residentBytes } from "./memory.ts";
import { Report } from "./report.ts";
import { type Pace, QUOTA, scale } from "./scale.ts";

/** Of the cluster that the large one is compared with. */
const FEW = 100;

const { values } = parseArgs({ options: { save: { type: "boolean" }, nodes: { type: "string", default: "5000" } } });
const report = new Report();
const beside = await fill(FEW);
await fill(Number(values.nodes), beside);
if (values.save) report.save();
process.exit(0);

async function fill(nodes: number, than?: Pace): Promise<Pace> {
  const installation = await install({ interfaceQuota: QUOTA });
  const began = performance.now();
  const progress = (text: string) => {
    const minutes = Math.round((performance.now() - began) / 60_000);
    process.stderr.write(`${minutes} min: ${text}, ${Math.round(residentBytes().now / 2 ** 20)} MiB resident\n`);
  };
  try {
    const { figures, pace } = await scale(installation, nodes, { progress, ...(than ? { beside: than } : {}) });
    report.show(figures);
    return pace;
  } finally {
    await installation.close();
  }
}
