// Metrics of requests in Prometheus' text format, under kube-apiserver's names.
import type { RequestInfo } from "./path.ts";

const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
/** Beyond this many label sets, new ones are not told apart: resources that nobody serves must not fill memory. */
const mostSeries = 5000;

interface Series {
  count: number;
  sum: number;
  readonly buckets: number[];
}

/** Counts finished requests. */
export class RequestMetrics {
  readonly #totals = new Map<string, number>();
  readonly #durations = new Map<string, Series>();
  #watches = 0;

  /** A request ended. `served` tells whether its resource exists. */
  finished(info: RequestInfo | undefined, served: boolean, code: number, dryRun: boolean, seconds: number): void {
    const labels = labelsOf(info, served);
    const total = `code="${code}",component="apiserver",dry_run="${dryRun ? "All" : ""}",${labels}`;
    if (this.#totals.has(total) || this.#totals.size < mostSeries) this.#totals.set(total, (this.#totals.get(total) ?? 0) + 1);
    if (info?.watch) return;
    let series = this.#durations.get(labels);
    if (!series) {
      if (this.#durations.size >= mostSeries) return;
      series = { count: 0, sum: 0, buckets: buckets.map(() => 0) };
      this.#durations.set(labels, series);
    }
    series.count++;
    series.sum += seconds;
    const index = buckets.findIndex((bound) => seconds <= bound);
    if (index >= 0) series.buckets[index] = (series.buckets[index] as number) + 1;
  }

  /** A watch began (1) or ended (-1). */
  watching(change: 1 | -1): void {
    this.#watches += change;
  }

  /** The text of all series; `underWay` is the number of requests being served. */
  text(underWay: { readonly readOnly: number; readonly mutating: number }): string {
    const lines = [
      "# HELP apiserver_request_total Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
      "# TYPE apiserver_request_total counter",
      ...[...this.#totals].map(([labels, count]) => `apiserver_request_total{${labels}} ${count}`),
      "# HELP apiserver_request_duration_seconds Response latency distribution in seconds for each verb, group, version, resource, subresource, scope and component.",
      "# TYPE apiserver_request_duration_seconds histogram",
      ...[...this.#durations].flatMap(([labels, series]) => histogram(labels, series)),
      "# HELP apiserver_current_inflight_requests Number of requests being served, per request kind.",
      "# TYPE apiserver_current_inflight_requests gauge",
      `apiserver_current_inflight_requests{request_kind="mutating"} ${underWay.mutating}`,
      `apiserver_current_inflight_requests{request_kind="readOnly"} ${underWay.readOnly}`,
      "# HELP apiserver_longrunning_requests Gauge of all active long-running apiserver requests.",
      "# TYPE apiserver_longrunning_requests gauge",
      `apiserver_longrunning_requests{verb="WATCH"} ${this.#watches}`,
    ];
    return `${lines.join("\n")}\n`;
  }
}

function histogram(labels: string, { count, sum, buckets: counts }: Series): string[] {
  let below = 0;
  const name = "apiserver_request_duration_seconds";
  const lines = counts.map((each, i) => {
    below += each;
    return `${name}_bucket{${labels},le="${buckets[i]}"} ${below}`;
  });
  return [...lines, `${name}_bucket{${labels},le="+Inf"} ${count}`, `${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`];
}

const verbs: Readonly<Record<string, string>> = { create: "POST", update: "PUT", deletecollection: "DELETE" };

function labelsOf(info: RequestInfo | undefined, served: boolean): string {
  if (!info?.isResource || !served) return 'group="",resource="",scope="",subresource="",verb="GET",version=""';
  const scope = info.name ? "resource" : info.namespace ? "namespace" : "cluster";
  const verb = verbs[info.verb] ?? info.verb.toUpperCase();
  return `group="${info.group}",resource="${info.resource}",scope="${scope}",subresource="${info.subresource}",verb="${verb}",version="${info.version}"`;
}
