// Child processes for tests: run to the end, output collected.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** How a command ended. */
export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command gets. */
export interface RunOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
  /** Milliseconds after which the command is killed and the promise rejects; 30 seconds. */
  readonly patience?: number;
}

/** Runs a command to its end whatever its status. Rejects if it cannot be started or takes too long. */
export function run(file: string, args: readonly string[], { env, input, cwd, patience = 30_000 }: RunOptions): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...env }, stdio: "pipe", ...(cwd !== undefined && { cwd }) });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        output[stream] += text;
      });
    }
    const tooLong = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${[file, ...args].join(" ")} did not end within ${patience} ms:\n${output.stdout}${output.stderr}`));
    }, patience);
    child.on("error", (error) => {
      clearTimeout(tooLong);
      reject(error);
    });
    child.on("close", (code) => {
      clearTimeout(tooLong);
      resolve({ code: code ?? -1, ...output });
    });
    // A command that ends without reading its input is fine.
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
  });
}

/** Runs a command that must succeed and returns its standard output. Rejects with what it printed otherwise. */
export async function succeed(file: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(file, args, options);
  if (code !== 0) throw new Error(`${[file, ...args].join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Whether an executable of this name is on the PATH. */
export function onPath(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Whether Python with boto3 is on this machine. */
export async function hasBoto3(): Promise<boolean> {
  if (!onPath("python3")) return false;
  return (await run("python3", ["-c", "import boto3"], { env: { PATH: process.env.PATH ?? "" } })).code === 0;
}
