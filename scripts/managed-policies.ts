// Makes src/policy/managed/data/policies.json from a snapshot of AWS managed policies:
// node scripts/managed-policies.ts SNAPSHOT.json. The snapshot maps names to {arn, version, createdate, updatedate, document}.
import { readFileSync, writeFileSync } from "node:fs";

interface Snapshot {
  readonly arn: string;
  readonly version: string;
  readonly createdate: string;
  readonly updatedate: string;
  readonly document: { readonly Version: string; readonly Statement: readonly Record<string, unknown>[] };
}

const [, , input] = process.argv;
if (!input) throw new Error("usage: managed-policies.ts SNAPSHOT.json");

const target = new URL("../src/policy/managed/data/policies.json", import.meta.url);
const snapshot = Object.values(JSON.parse(readFileSync(input, "utf8"))) as Snapshot[];

const rows = snapshot
  .map(({ arn, version, createdate, updatedate, document }) => ({
    /** Path and name, as they follow `policy/` in the ARN. */
    path: arn.replace(/^arn:aws:iam::aws:policy\//, ""),
    version,
    created: new Date(createdate).toISOString(),
    updated: new Date(updatedate).toISOString(),
    document: { Version: document.Version, Statement: document.Statement.map(inOrder) },
  }))
  .sort((a, b) => (a.path < b.path ? -1 : 1));

writeFileSync(target, `[\n${rows.map((row) => ` ${JSON.stringify(row)}`).join(",\n")}\n]\n`);

/** Members in the order in which people write them. */
function inOrder(statement: Record<string, unknown>): Record<string, unknown> {
  const order = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
  return Object.fromEntries(order.filter((name) => name in statement).map((name) => [name, statement[name]]));
}
