// A socket file that nobody serves, as a killed process leaves it.
import { once } from "node:events";
import { mkdirSync, renameSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";

/** Leaves one at `path`; makes its directory. */
export async function leaveStale(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const server = createServer().listen(`${path}.0`);
  await once(server, "listening");
  // A listener removes the name it was bound to, and only that.
  renameSync(`${path}.0`, path);
  server.close();
  await once(server, "close");
}
