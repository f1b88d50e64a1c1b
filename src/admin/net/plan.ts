// GET /_atoll/net/plan: the query of `atoll net plan`.
import type { PlanReport } from "../../base/net-plan.ts";
import type { NetScope } from "../../nodes/net/ec2-facts.ts";
import { NetError } from "../../nodes/net/errors.ts";
import { planFromEc2 } from "../../nodes/net/plan.ts";

/** Answers the query. Throws NetError for values that cannot be read. */
export function planNet(query: URLSearchParams, scope: NetScope): Promise<PlanReport> {
  const pods = number(query, "pods");
  if (pods === undefined) throw new NetError("say how many pods: --pods 100");
  const given = {
    nodes: number(query, "nodes"),
    podsPerNode: number(query, "podsPerNode"),
    branchPodsPerNode: number(query, "branchPodsPerNode"),
    maxPods: number(query, "maxPods"),
    growthPerDay: number(query, "growthPerDay"),
    surge: number(query, "surge"),
    days: number(query, "days"),
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return planFromEc2(
    {
      ...{ subnets: query.getAll("subnet"), podSubnets: query.getAll("podSubnet"), instanceTypes: query.getAll("instanceType") },
      ...{ pods, environment: environment(query.getAll("set")) },
      ...present,
    },
    scope,
  );
}

function number(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new NetError(`${name} must be a whole number, not ${text}`);
  return Number(text);
}

function environment(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new NetError(`${pair} is no setting of aws-node; write it as WARM_IP_TARGET=2`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
