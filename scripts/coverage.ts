// Prints how many operations of each AWS service Atoll implements, out of those in the service's model; with a service's name, which.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "reflect-metadata";
import { startAtoll } from "../src/atoll.ts";
import { loadModel, models } from "../src/aws/models/index.ts";
import { createLog } from "../src/base/log.ts";
import { readConfig } from "../src/config.ts";

/** A service's operations: all of its model, and those that are registered. */
interface Coverage {
  readonly name: string;
  readonly all: readonly string[];
  readonly implemented: ReadonlySet<string>;
}

async function measure(): Promise<Coverage[]> {
  const home = mkdtempSync(join(tmpdir(), "atoll-coverage-"));
  const config = readConfig({ dataDir: join(home, "data"), port: 0, tlsPort: 0, ephemeral: true }, {});
  const atoll = await startAtoll(config, { log: createLog("error") });
  try {
    return await Promise.all(
      models.map(async (model) => {
        const { shapes } = await loadModel(model);
        const implemented = new Set(Object.keys(atoll.services.get(model.name)?.operations ?? {}));
        return { name: model.name, all: [...shapes.operations.keys()].sort(), implemented };
      }),
    );
  } finally {
    await atoll.close();
    rmSync(home, { recursive: true, force: true });
  }
}

const wanted = process.argv[2];
const coverage = await measure();
if (wanted === undefined) {
  console.log("service                 implemented    all");
  for (const { name, all, implemented } of coverage) {
    console.log(`${name.padEnd(22)}${String(implemented.size).padStart(13)}${String(all.length).padStart(7)}`);
  }
} else {
  const found = coverage.find(({ name }) => name === wanted);
  for (const name of found?.all ?? []) console.log(`${found?.implemented.has(name) ? "yes" : " no"}  ${name}`);
  if (!found) {
    console.error(`There is no service ${wanted}; there are ${coverage.map(({ name }) => name).join(", ")}.`);
    process.exitCode = 2;
  }
}
