// The official client of each service, talking to a function instead of the network.
import { Readable } from "node:stream";
import { modelOf } from "../../../src/aws/models/index.ts";
import type { WireRequest, WireResponse } from "../../../src/aws/protocol/wire.ts";

/** What an SDK client hands to its request handler. */
interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

type Sends = { send(command: object): Promise<object> };
type Commands = Readonly<Record<string, new (input: object) => object>>;

/** A client whose requests are answered by `answer`, and its command classes. */
export async function sdkClient(
  service: string,
  answer: (request: WireRequest) => WireResponse,
): Promise<{ client: Sends; commands: Commands }> {
  const exports = await modelOf(service).load();
  const name = Object.keys(exports).find((key) => /^[A-Z]\w*Client$/.test(key) && !key.startsWith("__"));
  const Client = exports[name as string] as new (config: object) => Sends;
  const requestHandler = {
    handle: async (request: SdkRequest) => {
      const { status, headers, body } = answer(toWire(request));
      return { response: { statusCode: status, headers: { ...headers }, body: Readable.from([Buffer.from(body)]) } };
    },
  };
  const client = new Client({
    ...{ endpoint: "http://127.0.0.1:1", region: "us-west-2", maxAttempts: 1, requestHandler },
    credentials: { accessKeyId: "AKIA", secretAccessKey: "x" },
    signer: { sign: async (request: unknown) => request },
    useDualstackEndpoint: false,
  });
  return { client, commands: exports as unknown as Commands };
}

function toWire({ method, path, query, headers, body }: SdkRequest): WireRequest {
  const pairs = Object.entries(query).flatMap(([name, values]) => [values].flat().map((value) => [name, value ?? ""] as const));
  const escaped = pairs.map((pair) => pair.map(encodeURIComponent).join("="));
  return { method, path, query: escaped.join("&"), headers, body: Buffer.from(body ?? "") };
}
