// The plugin as runtimes call it: environment and stdin in, JSON and an exit code out (CNI specification 1.1).
import { add } from "./add.ts";
import { VERSIONS } from "./conf.ts";
import { del } from "./del.ts";
import { CniError, CODES } from "./errors.ts";
import type { PluginCall, PluginSurroundings } from "./surroundings.ts";

/** What the process leaves: its exit code and what it printed. */
export interface PluginOutput {
  readonly exitCode: 0 | 1;
  readonly stdout: string;
}

/** Runs one command. Never rejects. */
export async function runPlugin(call: PluginCall, surroundings: PluginSurroundings): Promise<PluginOutput> {
  try {
    const printed = await run(call, surroundings);
    return { exitCode: 0, stdout: printed === undefined ? "" : JSON.stringify(printed) };
  } catch (error) {
    const { message } = error as Error;
    const { code, details } = error instanceof CniError ? error : { code: CODES.internal, details: "" };
    return { exitCode: 1, stdout: JSON.stringify({ cniVersion: "1.1.0", code, msg: message, ...(details && { details }) }) };
  }
}

async function run(call: PluginCall, surroundings: PluginSurroundings): Promise<object | undefined> {
  switch (call.command) {
    case "ADD":
      needs({ CNI_CONTAINERID: call.containerId, CNI_NETNS: call.netns, CNI_IFNAME: call.ifName });
      return add(call, surroundings);
    case "DEL":
      needs({ CNI_CONTAINERID: call.containerId, CNI_IFNAME: call.ifName });
      await del(call, surroundings);
      return undefined;
    case "CHECK":
      // Not implemented upstream; the conflist tells runtimes not to ask.
      return undefined;
    case "VERSION":
      return { cniVersion: VERSIONS.at(-1), supportedVersions: VERSIONS };
    default:
      throw new CniError(`unknown CNI_COMMAND: ${call.command}`, CODES.environment);
  }
}

function needs(variables: Readonly<Record<string, string>>): void {
  const missing = Object.keys(variables).filter((name) => variables[name] === "");
  if (missing.length > 0) throw new CniError(`required env variables [${missing.join(",")}] missing`, CODES.environment);
}
