// SDK clients whose requests are wrong in one way.
import type { Keys } from "./atoll.ts";

interface Request {
  body?: unknown;
  headers: Record<string, string>;
}

interface Client {
  readonly middlewareStack: { add(middleware: never, options: never): void };
}

/** Changes a client's requests after they were signed. Returns the client. */
export function afterSigning<C extends object>(client: C, change: (request: Request) => void): C {
  const middleware = (next: (args: { request: Request }) => unknown) => (args: { request: Request }) => {
    change(args.request);
    return next(args);
  };
  // The innermost step: signing lies before it.
  (client as unknown as Client).middlewareStack.add(middleware as never, { step: "deserialize", priority: "low" } as never);
  return client;
}

/** A request whose body says another thing of the same length. */
export const tampered = (from: string, to: string) => (request: Request) => {
  request.body = Buffer.from(request.body as string)
    .toString()
    .replace(from, to);
};

/** Takes the signature away. */
export const unsigned = (request: Request) => {
  for (const name of Object.keys(request.headers)) if (/^authorization$/i.test(name)) delete request.headers[name];
};

/** The right key id with another secret. */
export const wrongSecret = (keys: Keys): Keys => ({ ...keys, secretAccessKey: `${keys.secretAccessKey.slice(0, -4)}XXXX` });

/** Keys nobody has. */
export const UNKNOWN_KEYS: Keys = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
