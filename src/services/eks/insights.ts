// Insights: what stands in the way of a cluster's upgrade or rollback (spec eks-control-plane §7.4).
import type { Insight, InsightSummary } from "@aws-sdk/client-eks";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterArn, clusterKey } from "./arn.ts";
import { compact } from "./checks.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, notFound } from "./errors.ts";
import type { InsightRecord } from "./insight-records.ts";
import { page } from "./page.ts";

export const IN_PROGRESS = "Insights refresh is in progress";

function summary(record: InsightRecord): InsightSummary {
  return {
    ...{ id: record.id, name: record.name, category: record.category, kubernetesVersion: record.kubernetesVersion },
    lastRefreshTime: new Date(record.refreshedAt),
    lastTransitionTime: new Date(record.changedAt),
    description: record.description,
    insightStatus: { status: record.status, reason: record.reason },
  };
}

function view(record: InsightRecord): Insight {
  return {
    ...summary(record),
    recommendation: record.recommendation,
    additionalInfo: { ...record.additionalInfo },
    resources: record.resources.map(({ status, reason, kubernetesResourceUri, arn }) =>
      compact({ insightStatus: { status, reason }, kubernetesResourceUri, arn }),
    ),
    categorySpecificSummary: {
      deprecationDetails: (record.deprecations ?? []).map(({ clients, ...api }) => ({
        ...api,
        clientStats: clients.map(({ userAgent, requests, lastAt }) => ({
          ...{ userAgent, numberOfRequestsLast30Days: requests, lastRequestTime: new Date(lastAt) },
        })),
      })),
      addonCompatibilityDetails: (record.addons ?? []).map(({ name, compatibleVersions }) => ({
        name,
        compatibleVersions: [...compatibleVersions],
      })),
    },
  };
}

/** Members of one field are alternatives; fields must all match. An absent or empty one matches everything. */
const among = (wanted: readonly string[] | undefined, value: string) => !wanted?.length || wanted.includes(value);

export const insights = {
  ListInsights: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.clusterName);
      const { categories, kubernetesVersions, statuses } = input.filter ?? {};
      const found = state.insights
        .list(`${clusterKey(call, cluster.name)}/`)
        .filter((record) => among(categories, record.category) && among(statuses, record.status))
        .filter((record) => among(kubernetesVersions, record.kubernetesVersion))
        .sort((a, b) => b.refreshedAt - a.refreshedAt || (a.id < b.id ? -1 : 1))
        .map(summary);
      const cut = page(found, input, ["ListInsights", cluster.arn, input.filter ?? {}], ({ id }) => id ?? "");
      return { insights: cut.page, nextToken: cut.nextToken };
    },
  },

  DescribeInsight: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run({ clusterName, id = "" }, call, { state }) {
      const cluster = requireCluster(state, call, clusterName);
      const record = state.insights.get(childKey(call, cluster.name, id));
      if (!record) throw notFound(`No insight found for ID: ${id}`, { clusterName: cluster.name });
      return { insight: view(record) };
    },
  },

  StartInsightsRefresh: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run({ clusterName }, call, { state, clock }) {
      const cluster = requireCluster(state, call, clusterName);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(cluster.name);
      const key = clusterKey(call, cluster.name);
      const running = state.insightsRefreshes.get(key);
      if (running?.status !== "IN_PROGRESS") {
        const started = { status: "IN_PROGRESS" as const, startedAt: clock.now(), version: cluster.version, message: IN_PROGRESS };
        state.insightsRefreshes.put(key, started);
      }
      return { message: IN_PROGRESS, status: "IN_PROGRESS" as const };
    },
  },

  DescribeInsightsRefresh: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run({ clusterName }, call, { state }) {
      const cluster = requireCluster(state, call, clusterName);
      const refresh = state.insightsRefreshes.get(clusterKey(call, cluster.name));
      if (!refresh) throw notFound(`No insights refresh found for cluster: ${cluster.name}`, { clusterName: cluster.name });
      const { message, status, startedAt, endedAt } = refresh;
      return { message, status, startedAt: new Date(startedAt), ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt) }) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
