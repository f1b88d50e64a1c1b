// exec and attach over SPDY: the client opens one stream per channel and names it in a header.
import type { Duplex } from "node:stream";
import type { CommandRequest, RunCommand } from "../back-end.ts";
import { type CommandChannels, runSession } from "../command/session.ts";
import { SpdyConnection } from "./connection.ts";

/** Versions of the protocol spoken over SPDY; the older ones have no status at the end. */
export const commandProtocols: readonly string[] = ["v4.channel.k8s.io"];

/** Calls back after milliseconds unless cancelled. */
export type Later = (milliseconds: number, action: () => void) => { cancel(): void };

/** How long the client may take to open its streams. Milliseconds. */
const patience = 30_000;

/** Serves one command; resolves when the connection is over. */
export async function commandOverSpdy(transport: Duplex, request: CommandRequest, run: RunCommand, later: Later): Promise<void> {
  const wanted = ["error", ...(["stdin", "stdout", "stderr"] as const).filter((each) => request[each]), ...(request.tty ? ["resize"] : [])];
  const found = new Map<string, Duplex>();
  const complete = Promise.withResolvers<void>();
  const connection = new SpdyConnection(transport, ({ headers, duplex }) => {
    const type = headers.get("streamtype") ?? "";
    if (!wanted.includes(type) || found.has(type)) {
      duplex.destroy();
      return;
    }
    found.set(type, duplex);
    if (found.size === wanted.length) complete.resolve();
  });
  const timer = later(patience, () => connection.destroy());
  const gone = new AbortController();
  const closed = connection.closed.then(() => gone.abort());
  await Promise.race([complete.promise, closed]);
  timer.cancel();
  if (!gone.signal.aborted) {
    await Promise.race([runSession(request, run, channelsOf(found), gone.signal), closed]);
    connection.end();
  }
  await closed;
}

function channelsOf(found: ReadonlyMap<string, Duplex>): CommandChannels {
  const [error, stdin, stdout, stderr, resize] = ["error", "stdin", "stdout", "stderr", "resize"].map((each) => found.get(each));
  return { error: error!, ...(stdin && { stdin }), ...(stdout && { stdout }), ...(stderr && { stderr }), ...(resize && { resize }) };
}
