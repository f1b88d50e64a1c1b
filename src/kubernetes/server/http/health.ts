// /healthz, /livez and /readyz, as a whole and check by check.
import type { RequestInfo } from "./path.ts";
import { type Exchange, sendBytes } from "./respond.ts";

/** What is true of this server whenever it answers: it makes its roles and priority classes, and reads definitions, before it listens. */
const checks = [
  "ping",
  "log",
  "etcd",
  "poststarthook/start-apiextensions-controllers",
  "poststarthook/crd-informer-synced",
  "poststarthook/rbac/bootstrap-roles",
  "poststarthook/scheduling/bootstrap-system-priority-classes",
];
const more: Readonly<Record<string, readonly string[]>> = { readyz: ["informer-sync", "shutdown"] };
const text = "text/plain; charset=utf-8";

/** The paths of all checks. */
export const healthPaths: readonly string[] = ["healthz", "livez", "readyz"].flatMap((kind) => [
  `/${kind}`,
  ...checksOf(kind).map((each) => `/${kind}/${each}`),
]);

function checksOf(kind: string): string[] {
  return [...checks, ...(more[kind] ?? [])];
}

/** Answers one of the three paths or a check below it; 404 for a check that is not known. `?verbose` lists them, `?exclude=` leaves some out. */
export function serveHealth(exchange: Exchange, kind: string, info: RequestInfo): Promise<void> {
  const known = checksOf(kind);
  const one = info.path.split("/").slice(2).join("/");
  if (one && !known.includes(one)) return sendBytes(exchange, 404, "404 page not found\n", text);
  if (one || !info.query.has("verbose")) return sendBytes(exchange, 200, "ok", text);
  const excluded = info.query.getAll("exclude").flatMap((each) => each.split(","));
  const lines = known.map((each) => (excluded.includes(each) ? `[+]${each} excluded: ok` : `[+]${each} ok`));
  const missing = excluded.filter((each) => each && !known.includes(each));
  if (missing.length > 0)
    lines.push(`warn: some health checks cannot be excluded: no matches for ${missing.map((each) => JSON.stringify(each)).join(", ")}`);
  return sendBytes(exchange, 200, `${lines.join("\n")}\n${kind} check passed\n`, text);
}

/** The checks in Prometheus' text format (`/metrics/slis`). */
export function healthMetrics(): string {
  const lines = [
    "# HELP kubernetes_healthcheck [STABLE] This metric records the result of a single healthcheck.",
    "# TYPE kubernetes_healthcheck gauge",
    ...["healthz", "livez", "readyz"].flatMap((kind) =>
      checksOf(kind).map((each) => `kubernetes_healthcheck{name="${each}",type="${kind}"} 1`),
    ),
  ];
  return `${lines.join("\n")}\n`;
}
