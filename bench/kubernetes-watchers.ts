// Many watchers over HTTPS, in a thread of their own: whoever reads is not to slow down whoever serves.
// It tells its parent when every watcher has had one event on average, and after every message when as many further ones have come.
import { Agent, request } from "node:https";
import { parentPort, workerData } from "node:worker_threads";

/** What the thread is started with. */
export interface WatchersData {
  readonly url: string;
  readonly authorization: string;
  readonly ca: Uint8Array;
  readonly watchers: number;
}

if (parentPort) {
  const { url, authorization, ca, watchers } = workerData as WatchersData;
  let received = 0;
  let wanted = watchers;
  let told = false;
  const count = (more: number) => {
    received += more;
    if (told || received < wanted) return;
    told = true;
    parentPort?.postMessage(received);
  };
  parentPort.on("message", (further: number) => {
    wanted += further;
    told = false;
    count(0);
  });
  const agent = new Agent({ ca: Buffer.from(ca), maxSockets: watchers });
  for (let i = 0; i < watchers; i++) {
    const stream = request(url, { agent, headers: { authorization } }, (response) => {
      response.on("error", () => {});
      response.on("data", (chunk: Buffer) => {
        let events = 0;
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) events++;
        count(events);
      });
    });
    stream.on("error", () => {});
    stream.end();
  }
}
