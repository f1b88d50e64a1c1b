// Listeners: create, describe, modify, delete, and their certificates (Elastic Load Balancing API Reference).
import type { Listener } from "@aws-sdk/client-elastic-load-balancing-v2";
import { on, tagConditions, tagsOnCreate } from "./access.ts";
import { checkActions } from "./actions.ts";
import type { ElbOperations } from "./deps.ts";
import { duplicateListener, invalid, required, tooMany, unsupported } from "./errors.ts";
import { checkCertificate, listenerFacts } from "./listener-rules.ts";
import { listenerArn, newId, ruleArn } from "./names.ts";
import { pageOf } from "./paging.ts";
import type { ListenerRecord } from "./records.ts";
import { checkTags } from "./tags.ts";

/** Listeners of a load balancer; certificates of a listener besides the default. */
const MOST = 50;
const MOST_CERTIFICATES = 25;

export const listeners = {
  CreateListener: {
    resource: on("LoadBalancerArn").resource,
    conditions: ({ LoadBalancerArn = "", Protocol, SslPolicy }, call, { state }) => ({
      ...tagConditions(state.resource(call, LoadBalancerArn)?.tags ?? {}),
      "elasticloadbalancing:ListenerProtocol": Protocol,
      "elasticloadbalancing:SecurityPolicy": SslPolicy,
    }),
    requires: ({ LoadBalancerArn = "", Tags }) => tagsOnCreate("CreateListener", Tags, listenerArn(LoadBalancerArn, "*")),
    run(input, call, deps) {
      const { state, random } = deps;
      const loadBalancer = state.loadBalancer(call, input.LoadBalancerArn);
      if (input.MutualAuthentication?.Mode !== undefined && input.MutualAuthentication.Mode !== "off")
        throw unsupported("mutual TLS of listeners");
      const facts = listenerFacts(input, loadBalancer);
      const actions = checkActions(input.DefaultActions, loadBalancer, facts.protocol, call, deps);
      const tags = checkTags(input.Tags);
      const present = state.listenersOf(call, loadBalancer.arn);
      const same = present.find(({ port }) => port === facts.port);
      if (same) {
        const settings = ({ protocol, actions: own, certificates, sslPolicy }: Omit<ListenerRecord, "arn" | "defaultRuleArn">) =>
          JSON.stringify([protocol, own, certificates, sslPolicy]);
        if (settings(same) === settings({ ...same, ...facts, actions })) return { Listeners: [view(same)] };
        throw duplicateListener(loadBalancer.arn);
      }
      if (present.length >= MOST)
        throw tooMany("Listeners", `The quota on listeners of load balancer '${loadBalancer.arn}' has been reached`);
      const arn = listenerArn(loadBalancer.arn, newId(random));
      const record: ListenerRecord = {
        ...{ arn, tags, loadBalancerArn: loadBalancer.arn, ...facts, actions },
        attributes: {},
        defaultRuleArn: ruleArn(arn, newId(random)),
      };
      return { Listeners: [view(state.listeners.put(record))] };
    },
  },

  DescribeListeners: {
    run(input, call, deps) {
      const { LoadBalancerArn, ListenerArns = [] } = input;
      const { state } = deps;
      if (LoadBalancerArn === undefined && ListenerArns.length === 0)
        throw invalid("You must specify either listener ARNs or a load balancer ARN");
      const wanted =
        ListenerArns.length > 0
          ? ListenerArns.map((arn) => state.listener(call, arn))
          : state.listenersOf(call, state.loadBalancer(call, LoadBalancerArn).arn);
      const { items, NextMarker } = pageOf(wanted, input, call, deps);
      return { Listeners: items.map(view), NextMarker };
    },
  },

  ModifyListener: {
    ...on("ListenerArn"),
    run(input, call, deps) {
      const { state } = deps;
      const record = state.listener(call, input.ListenerArn);
      const loadBalancer = state.loadBalancer(call, record.loadBalancerArn);
      if (input.MutualAuthentication?.Mode !== undefined && input.MutualAuthentication.Mode !== "off")
        throw unsupported("mutual TLS of listeners");
      const { sslPolicy: _, ...rest } = record;
      const facts = listenerFacts(input, loadBalancer, record);
      const actions = checkActions(input.DefaultActions ?? [...record.actions], loadBalancer, facts.protocol, call, deps);
      const other = state.listenersOf(call, loadBalancer.arn).find((each) => each.arn !== record.arn && each.port === facts.port);
      if (other) throw duplicateListener(loadBalancer.arn);
      return { Listeners: [view(state.listeners.put({ ...rest, ...facts, actions }))] };
    },
  },

  DeleteListener: {
    ...on("ListenerArn"),
    run({ ListenerArn }, call, { state }) {
      const record = state.listener(call, ListenerArn);
      state.store.transact(() => {
        for (const rule of state.rulesOf(call, record.arn)) state.rules.delete(rule.arn);
        state.listeners.delete(record.arn);
      });
      return {};
    },
  },

  AddListenerCertificates: {
    ...on("ListenerArn"),
    run({ ListenerArn, Certificates = [] }, call, { state }) {
      const record = state.listener(call, ListenerArn);
      if (record.certificates.length === 0) throw invalid(`Certificates cannot be added to ${record.protocol} listeners`);
      const added = required(Certificates, "Certificates").map(checkCertificate);
      const lacking = added.filter((one) => !record.certificates.some((each) => each.CertificateArn === one.CertificateArn));
      const certificates = [...record.certificates, ...lacking];
      if (certificates.length > MOST_CERTIFICATES + 1)
        throw tooMany("Certificates", "The quota on certificates of the listener has been reached");
      state.listeners.put({ ...record, certificates });
      return { Certificates: added.map((each) => ({ ...each, IsDefault: false })) };
    },
  },

  RemoveListenerCertificates: {
    ...on("ListenerArn"),
    run({ ListenerArn, Certificates = [] }, call, { state }) {
      const record = state.listener(call, ListenerArn);
      const [first, ...others] = record.certificates;
      const gone = new Set(Certificates.map(({ CertificateArn }) => CertificateArn));
      const left = others.filter(({ CertificateArn }) => !gone.has(CertificateArn));
      state.listeners.put({ ...record, certificates: first ? [first, ...left] : [] });
      return {};
    },
  },

  DescribeListenerCertificates: {
    run({ ListenerArn }, call, { state }) {
      const { certificates } = state.listener(call, ListenerArn);
      return { Certificates: certificates.map((each, index) => ({ ...each, IsDefault: index === 0 })) };
    },
  },
} satisfies ElbOperations;

function view(record: ListenerRecord): Listener {
  const { sslPolicy, certificates, alpn } = record;
  return {
    ListenerArn: record.arn,
    LoadBalancerArn: record.loadBalancerArn,
    Port: record.port,
    Protocol: record.protocol as never,
    ...(certificates.length > 0 ? { Certificates: [certificates[0]!] } : {}),
    ...(sslPolicy === undefined ? {} : { SslPolicy: sslPolicy }),
    DefaultActions: [...record.actions],
    ...(alpn.length > 0 ? { AlpnPolicy: [...alpn] } : {}),
    ...(record.protocol === "HTTPS" ? { MutualAuthentication: { Mode: "off" } } : {}),
  };
}
