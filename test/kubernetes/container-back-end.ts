// Containers for tests of streams: commands are child processes in a folder of their own, ports are servers on loopback.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { finished } from "node:stream/promises";
import type { CommandIo, CommandRequest, ContainerStreams, TerminalSize } from "../../src/kubernetes/streams/back-end.ts";

/** What the back end was asked for, for tests to look at. */
export interface Witness {
  readonly sizes: TerminalSize[];
  readonly asked: CommandRequest[];
  /** How many commands ended because their client was gone. */
  abandoned: number;
}

/** Runs commands in `folder`; forwards ports to servers on loopback by `ports` (container port → real port). */
export function processStreams(folder: string, ports: Record<number, number>, witness: Witness): ContainerStreams {
  return {
    exec: (_, request) => (io) => {
      witness.asked.push(request);
      return request.command[0] === "size" ? tellSize(io, witness) : runChild(folder, request, io, witness);
    },
    attach: (_, request) => async (io) => {
      witness.asked.push(request);
      io.stdout?.write("attached\n");
      if (io.stdin) for await (const chunk of io.stdin) io.stdout?.write(`echo ${chunk}`);
      return 0;
    },
    portForward: () => async (port) => {
      const socket = connect({ port: ports[port] ?? 1, host: "127.0.0.1", allowHalfOpen: true });
      await once(socket, "connect");
      return socket;
    },
  };
}

async function runChild(folder: string, { command }: CommandRequest, io: CommandIo, witness: Witness): Promise<number> {
  const child = spawn(command[0] as string, command.slice(1), { cwd: folder });
  io.gone.addEventListener("abort", () => {
    witness.abandoned++;
    child.kill("SIGKILL");
  });
  child.stdin.on("error", () => {});
  if (io.stdin) io.stdin.pipe(child.stdin);
  else child.stdin.end();
  if (io.stdout) child.stdout.pipe(io.stdout);
  else child.stdout.resume();
  if (io.stderr) child.stderr.pipe(io.stderr);
  else child.stderr.resume();
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 137;
}

async function tellSize(io: CommandIo, witness: Witness): Promise<number> {
  const first = Promise.withResolvers<void>();
  io.onResize((size) => {
    witness.sizes.push(size);
    first.resolve();
  });
  await first.promise;
  io.stdout?.end(`${witness.sizes[0]?.width}x${witness.sizes[0]?.height}\n`);
  if (io.stdout) await finished(io.stdout, { readable: false });
  return 0;
}
