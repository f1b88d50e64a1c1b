// make bench-scale: a cluster of 5,000 nodes and 150,000 pods. `--save` makes its figures the baseline; `--nodes 500` asks for fewer.
import { parseArgs } from "node:util";
import { install } from "./installation.ts";
import { Report } from "./report.ts";
import { QUOTA, scale } from "./scale.ts";

const { values } = parseArgs({ options: { save: { type: "boolean" }, nodes: { type: "string", default: "5000" } } });
const report = new Report();
const installation = await install({ interfaceQuota: QUOTA });
try {
  report.show(await scale(installation, Number(values.nodes)));
} finally {
  await installation.close();
}
if (values.save) report.save();
process.exit(0);
