// atoll down: a clean stop.
import { setTimeout as wait } from "node:timers/promises";
import { CommandError, connect, isAlive } from "../client.ts";
import { type OutputFormat, print } from "../output.ts";

const PATIENCE_MS = 15_000;

export async function down({ dataDir, output }: { dataDir: string; output: OutputFormat }): Promise<void> {
  const client = connect(dataDir);
  await client.post("shutdown");
  const { pid } = client.connection;
  for (let waited = 0; isAlive(pid); waited += 50) {
    if (waited > PATIENCE_MS) throw new CommandError(`Atoll (process ${pid}) has not stopped within ${PATIENCE_MS / 1000} s.`);
    await wait(50);
  }
  print(output, { stopped: true, pid }, () => "Atoll has stopped. Its state is kept; `atoll up` continues from it.");
}
