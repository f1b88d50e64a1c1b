// The cost of a signed AWS request, beside a bare node:http answer of the same size.
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { signRequest } from "../src/aws/sigv4.ts";
import { cpu, type Figure } from "./figure.ts";
import type { Installation } from "./installation.ts";

const COUNT = 3000;
const WIDTH = 8;

export async function aws({ atoll }: Installation, cluster: string): Promise<Figure[]> {
  const url = `${atoll.endpoint}/clusters/${cluster}`;
  const headers = () => signRequest({ method: "GET", url }, atoll.rootKey, { region: "us-west-2", service: "eks", now: Date.now() });
  const agent = new Agent({ keepAlive: true, maxSockets: WIDTH });
  const body = await get(url, headers(), agent);
  const bare = createServer((_, response) => response.writeHead(200, { "content-type": "application/json" }).end(body));
  await new Promise<void>((resolve) => bare.listen(0, "127.0.0.1", resolve));
  const bareUrl = `http://127.0.0.1:${(bare.address() as AddressInfo).port}/`;
  try {
    // The client's own work is the same for both; signatures are made ahead.
    const signed = Array.from({ length: COUNT }, headers);
    const run = (target: string) => () => spread(COUNT, (i) => get(target, signed[i]!, agent));
    await run(url)();
    await run(bareUrl)();
    const ours = await cpu(run(url));
    const theirs = await cpu(run(bareUrl));
    return [
      {
        name: "signed DescribeCluster, CPU with client",
        value: (ours / COUNT) * 1000,
        unit: "µs",
        ratio: ours / theirs,
        reference: "bare node:http answer",
      },
    ];
  } finally {
    agent.destroy();
    bare.close();
  }
}

async function spread(count: number, run: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: WIDTH }, async () => {
      while (next < count) await run(next++);
    }),
  );
}

function get(url: string, headers: Record<string, string>, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const { host: _, ...sent } = headers;
    request(url, { headers: sent, agent }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode} ${text}`))));
    })
      .on("error", reject)
      .end();
  });
}
