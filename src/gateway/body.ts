// Reads a request's body within limits.
import type { IncomingMessage } from "node:http";
import type { Clock } from "../base/clock.ts";

/** The body is too large or came too slowly. */
export class BodyRefused extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The client went away before its request was complete; nobody is left to answer. */
export class BodyAborted extends Error {}

/** Limits of a body. */
export interface BodyLimits {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** The whole body. Rejects with {@link BodyRefused} or {@link BodyAborted}. */
export function readBody(request: IncomingMessage, { bytes, milliseconds }: BodyLimits, clock: Clock): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = clock.after(milliseconds, () => fail(new BodyRefused("RequestTimeout", "The request took too long to arrive.", 408)));
    const fail = (error: Error) => {
      timer.cancel();
      request.removeAllListeners("data");
      request.resume();
      reject(error);
    };
    const tooLarge = () => fail(new BodyRefused("RequestEntityTooLarge", `The request is larger than ${bytes} bytes.`, 413));
    if (Number(request.headers["content-length"] ?? 0) > bytes) return tooLarge();
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > bytes) return tooLarge();
      chunks.push(chunk);
    });
    request.once("end", () => {
      timer.cancel();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
    request.once("error", () => fail(new BodyAborted()));
    request.once("close", () => {
      if (!request.complete) fail(new BodyAborted());
    });
  });
}
