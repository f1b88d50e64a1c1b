// What commands print in simulated containers, as annotations of their pods script it. No process runs.
//
//   simulate.atoll.dev/<container>.exec: '{"hostname": "web-0\n", "cat /missing": {"stderr": "no such file\n", "exit": 1}, "*": ""}'
//
// A member's name is the command with its arguments, joined by spaces, or `*` for every other command. Its value is what the command prints,
// or an object of `stdout`, `stderr` and `exit` (the exit code, 0 unless given).
import type { KubeObject } from "../api/object.ts";

/** The scripted end of a command. */
export interface ScriptedCommand {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** What a command prints; undefined when nothing scripts it, or the script is no good. */
export function scriptedCommand(pod: KubeObject, container: string, command: readonly string[]): ScriptedCommand | undefined {
  const text = pod.metadata.annotations?.[`simulate.atoll.dev/${container}.exec`];
  if (text === undefined) return undefined;
  const script = parsed(text);
  if (!script) return undefined;
  const line = command.join(" ");
  const entry = Object.hasOwn(script, line) ? script[line] : Object.hasOwn(script, "*") ? script["*"] : undefined;
  if (typeof entry === "string") return { stdout: entry, stderr: "", code: 0 };
  if (typeof entry !== "object" || entry === null) return undefined;
  const { stdout = "", stderr = "", exit = 0 } = entry as Record<string, unknown>;
  if (typeof stdout !== "string" || typeof stderr !== "string" || !isExitCode(exit)) return undefined;
  return { stdout, stderr, code: exit };
}

const isExitCode = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
