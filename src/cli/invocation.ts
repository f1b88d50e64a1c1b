// How the user runs this program, for messages that say what to do next.
import { basename, relative } from "node:path";

/** `atoll`, `bin/atoll.js` or `bin/atoll.js --data-dir .atoll`: what to type so that the same Atoll is meant. */
export function invocation(dataDir: string | undefined): string {
  const script = process.argv[1] ?? "atoll";
  const program = basename(script) === "atoll" ? "atoll" : shorter(script);
  return dataDir === undefined ? program : `${program} --data-dir ${shorter(dataDir)}`;
}

function shorter(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere;
}
