// One exec or attach, whatever carries it: runs the command between the client's channels and says how it ended.
import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { StatusError } from "../../api/object.ts";
import { internalError } from "../../api/status.ts";
import type { CommandRequest, RunCommand, TerminalSize } from "../back-end.ts";

/** The client's channels; those not asked for are absent. */
export interface CommandChannels {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  readonly resize?: Readable;
  /** Carries the Status of the end. */
  readonly error: Writable;
}

/** Runs to the end; everything written is on its way when this resolves. Never rejects. */
export async function runSession(request: CommandRequest, run: RunCommand, channels: CommandChannels, gone: AbortSignal): Promise<void> {
  const { stdin, stdout, stderr, resize, error } = channels;
  const status = await ending(request, () =>
    run({
      ...(stdin && { stdin }),
      ...(stdout && { stdout }),
      ...(stderr && { stderr }),
      onResize: (listener) => void (resize && followSizes(resize, listener)),
      gone,
    }),
  );
  await Promise.all([stdout, stderr].map((each) => each && flushed(each)));
  error.write(JSON.stringify(status));
  await flushed(error);
}

/** The Status a command ends with, in the kubelet's and containerd's words. */
async function ending({ command }: CommandRequest, run: () => Promise<number>): Promise<object> {
  try {
    const code = await run();
    if (code === 0) return { metadata: {}, status: "Success" };
    return {
      metadata: {},
      status: "Failure",
      message: `command terminated with non-zero exit code: error executing command [${command.join(" ")}], exit code ${code}`,
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: String(code) }] },
    };
  } catch (error) {
    if (error instanceof StatusError) return error.status;
    return internalError(`error executing command in container: ${error instanceof Error ? error.message : String(error)}`).status;
  }
}

/** Ends a stream and waits until its bytes are gone, or its reader is. */
async function flushed(stream: Writable): Promise<void> {
  if (!stream.writableEnded) stream.end();
  await finished(stream, { readable: false }).catch(() => {});
}

/** Sizes arrive as JSON objects one after the other; what is none is skipped. */
function followSizes(resize: Readable, listener: (size: TerminalSize) => void): void {
  let text = "";
  resize.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    for (let end = text.indexOf("}"); end >= 0; end = text.indexOf("}")) {
      const size = sizeIn(text.slice(0, end + 1));
      text = text.slice(end + 1);
      if (size) listener(size);
    }
    if (text.length > 256) text = "";
  });
}

function sizeIn(text: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text) ?? {};
    const valid = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0 && Number(value) <= 0xffff;
    return valid(width) && valid(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}
