// Reading and changing attributes (Elastic Load Balancing API Reference).
import { on } from "./access.ts";
import { type AttributeTable, listenerAttributes, loadBalancerAttributes, targetGroupAttributes } from "./attribute-tables.ts";
import type { ElbOperations } from "./deps.ts";
import { invalidConfiguration, unsupported } from "./errors.ts";
import type { Attributes } from "./records.ts";

interface Pair {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** All attributes with their values. */
const view = (table: AttributeTable, own: Attributes) =>
  Object.entries(table).map(([Key, { initial }]) => ({ Key, Value: own[Key] ?? initial }));

/** Own attributes after a change. Throws InvalidConfigurationRequest for what the resource does not have or take. */
function changed(table: AttributeTable, own: Attributes, pairs: readonly Pair[], what: string): Attributes {
  const next: Record<string, string> = { ...own };
  for (const { Key = "", Value = "" } of pairs) {
    const rule = Object.hasOwn(table, Key) ? table[Key] : undefined;
    if (!rule) throw invalidConfiguration(`${what} attribute key '${Key}' is not recognized`);
    if (!rule.accepts(Value)) throw invalidConfiguration(`The value '${Value}' of ${what.toLowerCase()} attribute '${Key}' is not valid`);
    if (Key.endsWith("_logs.s3.enabled") && Value === "true") throw unsupported("logs of load balancers: there are no buckets");
    if (Value === rule.initial) delete next[Key];
    else next[Key] = Value;
  }
  return next;
}

export const attributes = {
  DescribeLoadBalancerAttributes: {
    run({ LoadBalancerArn }, call, { state }) {
      const record = state.loadBalancer(call, LoadBalancerArn);
      return { Attributes: view(loadBalancerAttributes(record), record.attributes) };
    },
  },
  ModifyLoadBalancerAttributes: {
    ...on("LoadBalancerArn"),
    run({ LoadBalancerArn, Attributes = [] }, call, { state }) {
      const record = state.loadBalancer(call, LoadBalancerArn);
      const table = loadBalancerAttributes(record);
      const own = changed(table, record.attributes, Attributes, "Load balancer");
      state.loadBalancers.put({ ...record, attributes: own });
      return { Attributes: view(table, own) };
    },
  },
  DescribeTargetGroupAttributes: {
    run({ TargetGroupArn }, call, { state }) {
      const record = state.targetGroup(call, TargetGroupArn);
      return { Attributes: view(targetGroupAttributes(record), record.attributes) };
    },
  },
  ModifyTargetGroupAttributes: {
    ...on("TargetGroupArn"),
    run({ TargetGroupArn, Attributes = [] }, call, { state }) {
      const record = state.targetGroup(call, TargetGroupArn);
      const table = targetGroupAttributes(record);
      const own = changed(table, record.attributes, Attributes, "Target group");
      state.targetGroups.put({ ...record, attributes: own });
      return { Attributes: view(table, own) };
    },
  },
  DescribeListenerAttributes: {
    run({ ListenerArn }, call, { state }) {
      const record = state.listener(call, ListenerArn);
      return { Attributes: view(listenerAttributes(record), record.attributes) };
    },
  },
  ModifyListenerAttributes: {
    ...on("ListenerArn"),
    run({ ListenerArn, Attributes = [] }, call, { state }) {
      const record = state.listener(call, ListenerArn);
      const table = listenerAttributes(record);
      const own = changed(table, record.attributes, Attributes, "Listener");
      state.listeners.put({ ...record, attributes: own });
      return { Attributes: view(table, own) };
    },
  },
} satisfies ElbOperations;
