// GET …/net/<namespace>/<pod>: the query of `atoll net explain`.
import type { NetReport } from "../../base/net-report.ts";
import { NetError } from "../../nodes/net/errors.ts";
import { explainNet, type NetSources } from "../../nodes/net/explain.ts";
import type { Target } from "../../nodes/net/target.ts";

const PROTOCOLS: readonly string[] = ["tcp", "udp", "icmp"];
const HTTPS = 443;

/** Answers the query. Throws NetError for values that cannot be read. */
export function explainPodNet(sources: NetSources, namespace: string, pod: string, query: URLSearchParams): Promise<NetReport> {
  const to = query.get("to");
  return explainNet(sources, namespace, pod, to ? target(to, query) : undefined);
}

function target(to: string, query: URLSearchParams): Target {
  const protocol = (query.get("protocol") ?? "tcp").toLowerCase();
  if (!PROTOCOLS.includes(protocol)) throw new NetError(`protocol must be tcp, udp or icmp, not ${protocol}`);
  const text = query.get("port");
  if (text !== null && (!/^\d{1,5}$/.test(text) || Number(text) > 65_535))
    throw new NetError(`port must be a number up to 65535, not ${text}`);
  const port = text === null ? (protocol === "icmp" ? 8 : HTTPS) : Number(text);
  return { to, protocol: protocol as Target["protocol"], port };
}
