// The insights controller: looks at every cluster daily, after a version update, and when asked to. Keyed by cluster.
import { createHash } from "node:crypto";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { recentApiUse } from "../../services/eks/api-use.ts";
import type { Finding, InsightsRefreshRecord } from "../../services/eks/insight-records.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { findings } from "./findings.ts";

const DAY = 24 * 3600 * 1000;

/** Makes the loop; the caller feeds it cluster keys. */
export function insightsLoop(deps: ControllerDeps): Loop {
  const { state, clock, clusters } = deps;
  return new Loop("insights", clock, deps.log, async (key): Promise<Again | undefined> => {
    const cluster = state.clusters.get(key);
    if (cluster?.status !== "ACTIVE" && cluster?.status !== "UPDATING") return undefined;
    const last = state.insightsRefreshes.get(key);
    const now = clock.now();
    const due = !last || last.status === "IN_PROGRESS" || last.version !== cluster.version || now - (last.endedAt ?? 0) >= DAY;
    if (!due) return { after: (last.endedAt ?? 0) + DAY - now };
    const kube = clusters.kube(key);
    if (!kube) return { after: 200 };
    refresh(deps, key, cluster, kube, last);
    return { after: DAY };
  });
}

function refresh(
  { state, clock }: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  kube: KubeClient,
  last: InsightsRefreshRecord | undefined,
): void {
  const now = clock.now();
  const found = findings(
    {
      cluster,
      addons: state.addons.list(`${key}/`),
      nodes: kube.list("nodes"),
      kubeProxy: kube.get("daemonsets.apps", "kube-system", "kube-proxy"),
      apiClients: recentApiUse(state, key, now),
      list: (type) => kube.list(type),
    },
    now,
  );
  const startedAt = last?.status === "IN_PROGRESS" ? last.startedAt : now;
  state.store.transact(() => {
    const kept = new Set<string>();
    for (const each of found) {
      const id = idOf(cluster, each);
      const before = state.insights.get(`${key}/${id}`);
      const changedAt = before?.status === each.status ? before.changedAt : now;
      state.insights.put(`${key}/${id}`, { ...each, id, refreshedAt: now, changedAt });
      kept.add(`${key}/${id}`);
    }
    for (const [old] of state.insights.entries(`${key}/`)) if (!kept.has(old)) state.insights.delete(old);
    const done = { status: "COMPLETED" as const, startedAt, endedAt: now, version: cluster.version };
    state.insightsRefreshes.put(key, { ...done, message: "Insights refresh completed" });
  });
}

/** The same insight of the same cluster keeps its id. */
function idOf(cluster: ClusterRecord, { name, kubernetesVersion }: Finding): string {
  const hex = createHash("sha256").update(`${cluster.hexId}/${name}/${kubernetesVersion}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
