// Rules of Application Load Balancers' listeners (Elastic Load Balancing API Reference).
import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Call } from "../../aws/operation.ts";
import { on, tagConditions, tagsOnCreate } from "./access.ts";
import { checkActions } from "./actions.ts";
import { checkConditions } from "./conditions.ts";
import type { ElbDeps, ElbOperations } from "./deps.ts";
import { invalid, invalidConfiguration, noRule, notPermitted, priorityInUse, required, tooMany, unsupported } from "./errors.ts";
import { newId, ruleArn } from "./names.ts";
import { pageOf } from "./paging.ts";
import type { ListenerRecord, RuleRecord } from "./records.ts";
import { checkTags } from "./tags.ts";

/** Rules of a load balancer, without the default ones. */
const MOST = 100;
const MOST_PRIORITY = 50_000;

export const rules = {
  CreateRule: {
    ...on("ListenerArn"),
    requires: ({ ListenerArn = "", Tags }) => tagsOnCreate("CreateRule", Tags, ruleArn(ListenerArn, "*")),
    run(input, call, deps) {
      const { state, random } = deps;
      const listener = state.listener(call, input.ListenerArn);
      const loadBalancer = state.loadBalancer(call, listener.loadBalancerArn);
      if (loadBalancer.kind === "network") throw invalidConfiguration("Rules are not supported for Network Load Balancers");
      if (input.Transforms?.length) throw unsupported("transforms of rules");
      const priority = checkPriority(required(input.Priority, "Rule priority"));
      const conditions = checkConditions(input.Conditions);
      const actions = checkActions(input.Actions, loadBalancer, listener.protocol, call, deps);
      const tags = checkTags(input.Tags);
      const present = state.rulesOf(call, listener.arn);
      const same = present.find((each) => each.priority === priority);
      if (same) {
        if (JSON.stringify([same.conditions, same.actions]) === JSON.stringify([conditions, actions])) return { Rules: [view(same)] };
        throw priorityInUse(priority);
      }
      const all = state.listenersOf(call, loadBalancer.arn).flatMap(({ arn }) => state.rulesOf(call, arn));
      if (all.length >= MOST) throw tooMany("Rules", `The quota on rules of load balancer '${loadBalancer.arn}' has been reached`);
      const record = { arn: ruleArn(listener.arn, newId(random)), tags, listenerArn: listener.arn, priority, conditions, actions };
      return { Rules: [view(state.rules.put(record))] };
    },
  },

  DescribeRules: {
    run(input, call, deps) {
      const { ListenerArn, RuleArns = [] } = input;
      const { state } = deps;
      if (ListenerArn === undefined && RuleArns.length === 0) throw invalid("You must specify either listener rule ARNs or a listener ARN");
      if (RuleArns.length === 0) {
        const listener = state.listener(call, ListenerArn);
        const all = [...state.rulesOf(call, listener.arn), defaultRule(listener)];
        // Pages go by priority; the default rule is last.
        const keyed = all.map((rule) => ({ rule, arn: String(rule.priority ?? MOST_PRIORITY + 1).padStart(6, "0") }));
        const { items, NextMarker } = pageOf(keyed, input, call, deps);
        return { Rules: items.map(({ rule }) => view(rule)), NextMarker };
      }
      return { Rules: RuleArns.map((arn) => view(defaultOf(call, deps, arn) ?? state.rule(call, arn))) };
    },
  },

  ModifyRule: {
    ...on("RuleArn"),
    run(input, call, deps) {
      const { state } = deps;
      if (input.Transforms?.length) throw unsupported("transforms of rules");
      if (defaultOf(call, deps, input.RuleArn)) throw notPermitted(`Default rule '${input.RuleArn}' cannot be modified`);
      const record = state.rule(call, input.RuleArn);
      const listener = state.listener(call, record.listenerArn);
      const loadBalancer = state.loadBalancer(call, listener.loadBalancerArn);
      const conditions = input.Conditions ? checkConditions(input.Conditions) : record.conditions;
      const actions = input.Actions ? checkActions(input.Actions, loadBalancer, listener.protocol, call, deps) : record.actions;
      return { Rules: [view(state.rules.put({ ...record, conditions, actions }))] };
    },
  },

  DeleteRule: {
    ...on("RuleArn"),
    run({ RuleArn = "" }, call, deps) {
      if (defaultOf(call, deps, RuleArn)) throw notPermitted(`Default rule '${RuleArn}' cannot be deleted`);
      deps.state.rules.delete(deps.state.rule(call, RuleArn).arn);
      return {};
    },
  },

  SetRulePriorities: {
    resource: ({ RulePriorities = [] }) => RulePriorities.map(({ RuleArn = "*" }) => RuleArn),
    conditions: ({ RulePriorities = [] }, call, { state }) =>
      tagConditions(state.resource(call, RulePriorities[0]?.RuleArn ?? "")?.tags ?? {}),
    run({ RulePriorities = [] }, call, deps) {
      const { state } = deps;
      if (RulePriorities.length === 0) throw invalid("At least one rule priority must be specified");
      const moved = RulePriorities.map(({ RuleArn = "", Priority }) => {
        if (defaultOf(call, deps, RuleArn)) throw notPermitted(`Default rule '${RuleArn}' cannot be modified`);
        return { ...state.rule(call, RuleArn), priority: checkPriority(required(Priority, "Rule priority")) };
      });
      const [{ listenerArn } = { listenerArn: "" }] = moved;
      if (moved.some((each) => each.listenerArn !== listenerArn)) throw invalid("All rules must belong to the same listener");
      const others = state.rulesOf(call, listenerArn).filter(({ arn }) => !moved.some((each) => each.arn === arn));
      const taken = new Set(others.map(({ priority }) => priority));
      for (const { priority } of moved) {
        if (taken.has(priority)) throw priorityInUse(priority);
        taken.add(priority);
      }
      state.store.transact(() => {
        for (const rule of moved) state.rules.put(rule);
      });
      return { Rules: moved.map(view) };
    },
  },
} satisfies ElbOperations;

function checkPriority(priority: number): number {
  if (priority < 1 || priority > MOST_PRIORITY) throw invalid(`Rule priority '${priority}' must be in the range 1-${MOST_PRIORITY}`);
  return priority;
}

type AnyRule = Pick<RuleRecord, "arn" | "conditions" | "actions"> & { readonly priority?: number };

const defaultRule = ({ defaultRuleArn, actions }: ListenerRecord): AnyRule => ({ arn: defaultRuleArn, conditions: [], actions });

/** The default rule of that ARN; undefined if it is another's. Throws RuleNotFound for no ARN. */
function defaultOf(call: Call, { state }: ElbDeps, arn: string | undefined): AnyRule | undefined {
  if (arn === undefined) throw noRule();
  const listener = state.listeners.get(call, arn.replace(":listener-rule/", ":listener/").replace(/\/[^/]*$/, ""));
  return listener?.defaultRuleArn === arn ? defaultRule(listener) : undefined;
}

const view = ({ arn, priority, conditions, actions }: AnyRule): Rule => ({
  RuleArn: arn,
  Priority: priority === undefined ? "default" : String(priority),
  Conditions: [...conditions],
  Actions: [...actions],
  IsDefault: priority === undefined,
});
