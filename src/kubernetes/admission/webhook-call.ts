// One HTTPS call to a webhook.
import { request as httpsRequest } from "node:https";
import type { Clock } from "../../base/clock.ts";
import type { Webhook } from "./webhook-match.ts";

/** Where a service's pods listen; undefined when it has none. */
export type ResolveService = (namespace: string, name: string, port: number) => { host: string; port: number } | undefined;

const largestAnswer = 3 * 1024 * 1024;

/** Sends a review and returns the parsed answer. Rejects with Error on any failure and after the webhook's timeout. */
export function callWebhook(hook: Webhook, review: object, clock: Clock, resolve: ResolveService | undefined): Promise<unknown> {
  const { url, host, port, servername } = addressOf(hook, resolve);
  const body = JSON.stringify(review);
  const ca = hook.clientConfig.caBundle ? Buffer.from(hook.clientConfig.caBundle, "base64") : undefined;
  const seconds = Math.min(Math.max(hook.timeoutSeconds ?? 10, 1), 30);
  return new Promise((resolve_, reject) => {
    const fail = (why: string) => reject(new Error(`Post "${url.href}": ${why}`));
    const sent = httpsRequest(
      {
        host,
        port,
        path: `${url.pathname}${url.search}${url.search ? "&" : "?"}timeout=${seconds}s`,
        method: "POST",
        servername,
        ...(ca && { ca }),
        headers: {
          host: url.host,
          "content-type": "application/json",
          accept: "application/json",
          "content-length": Buffer.byteLength(body),
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > largestAnswer) sent.destroy(new Error("the answer is too large"));
          else chunks.push(chunk);
        });
        answer.on("end", () => {
          timer.cancel();
          const status = answer.statusCode ?? 0;
          if (status < 200 || status > 299)
            return reject(new Error(`an error on the server ("unknown") has prevented the request from succeeding (${status})`));
          try {
            resolve_(JSON.parse(Buffer.concat(chunks).toString()));
          } catch (error) {
            fail((error as Error).message);
          }
        });
      },
    );
    const timer = clock.after(seconds * 1000, () => sent.destroy(new Error("context deadline exceeded")));
    sent.on("error", (error) => {
      timer.cancel();
      fail(error.message);
    });
    sent.end(body);
  });
}

function addressOf(
  { clientConfig }: Webhook,
  resolve: ResolveService | undefined,
): { url: URL; host: string; port: number; servername: string } {
  const { url, service } = clientConfig;
  if (url) {
    const parsed = new URL(url);
    if (parsed.protocol !== "https:") throw new Error(`webhook URL ${url} is not https`);
    const host = parsed.hostname.replace(/^\[|\]$/g, "");
    return { url: parsed, host, port: Number(parsed.port || 443), servername: /^[\d.]+$|:/.test(host) ? "" : host };
  }
  if (!service) throw new Error("webhook configuration must have either service or URL");
  const port = service.port ?? 443;
  const name = `${service.name}.${service.namespace}.svc`;
  const place = new URL(`https://${name}:${port}${service.path ?? "/"}`);
  const found = resolve?.(service.namespace, service.name, port);
  if (!found) throw new Error(`no endpoints available for service "${service.name}"`);
  return { url: place, host: found.host, port: found.port, servername: name };
}
