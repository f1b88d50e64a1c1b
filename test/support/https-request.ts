// One HTTPS request of a test to a server with an authority of its own: no agent, no pool, the whole answer.
import { request } from "node:https";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly bytes: Buffer;
  /** The body parsed; undefined if it is not JSON. */
  readonly json: any;
}

/** Where the server listens, the PEM of its authority, and a client certificate to show. */
export interface HttpsTarget {
  readonly port: number;
  readonly ca: string | Buffer;
  readonly cert?: string;
  readonly key?: string;
}

/** Sends strings and buffers as they are, everything else as JSON. */
export function sendRequest(
  target: HttpsTarget,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const bytes = body === undefined ? undefined : Buffer.isBuffer(body) || typeof body === "string" ? body : JSON.stringify(body);
  const framing = bytes === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(bytes) };
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", agent: false, ...target, method, path, headers: { ...framing, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, bytes, json: parsed(text) });
      });
    });
    sent.on("error", reject);
    sent.end(bytes);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
