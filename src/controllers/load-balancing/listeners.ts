// Listeners of a load balancer, and their rules.
import type { Action, Listener, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { tagList } from "../../aws/tags.ts";
import type { ActionModel, ListenerModel, LoadBalancerModel, RuleModel } from "../../clusters/load-balancing/model.ts";
import type { Balancing } from "./context.ts";
import { tagsOf } from "./stack-tags.ts";

type Arns = ReadonlyMap<string, string>;

/** Makes, changes and deletes listeners so that they are those of the model. */
export async function arrangeListeners(balancing: Balancing, LoadBalancerArn: string, model: LoadBalancerModel, arns: Arns): Promise<void> {
  const { asService } = balancing;
  const { Listeners = [] } = await asService.elb("DescribeListeners", { LoadBalancerArn });
  for (const { ListenerArn, Port } of Listeners)
    if (!model.listeners.some(({ port }) => port === Port)) await asService.elb("DeleteListener", { ListenerArn });
  for (const listener of model.listeners) {
    const present = Listeners.find(({ Port }) => Port === listener.port);
    const arn = present
      ? await follow(balancing, present, listener, arns)
      : await create(balancing, LoadBalancerArn, model, listener, arns);
    await changeAttributes(balancing, arn, listener);
    if (model.kind === "application") await arrangeRules(balancing, arn, model, listener, arns);
  }
}

const settings = ({ protocol, port, certificates, sslPolicy, action }: ListenerModel, arns: Arns) => ({
  ...{ Protocol: protocol as never, Port: port, DefaultActions: [actionOf(action, arns)] },
  ...(certificates.length > 0 ? { Certificates: [{ CertificateArn: certificates[0]! }] } : {}),
  ...(sslPolicy === undefined ? {} : { SslPolicy: sslPolicy }),
});

function actionOf(action: ActionModel, arns: Arns): Action {
  switch (action.type) {
    case "forward": {
      const TargetGroupArn = arns.get(action.group)!;
      const TargetGroupStickinessConfig = { Enabled: false };
      return {
        Type: "forward",
        TargetGroupArn,
        ForwardConfig: { TargetGroups: [{ TargetGroupArn, Weight: 1 }], TargetGroupStickinessConfig },
      };
    }
    case "redirect": {
      const RedirectConfig = { Protocol: "HTTPS", Port: String(action.port), Host: "#{host}", Path: "/#{path}", Query: "#{query}" };
      return { Type: "redirect", RedirectConfig: { ...RedirectConfig, StatusCode: "HTTP_301" } };
    }
    case "fixed-response":
      return {
        Type: "fixed-response",
        FixedResponseConfig: {
          ContentType: "text/plain",
          StatusCode: action.code,
          ...(action.body === "" ? {} : { MessageBody: action.body }),
        },
      };
  }
}

async function create(
  { asClusterRole, cluster }: Balancing,
  LoadBalancerArn: string,
  model: LoadBalancerModel,
  listener: ListenerModel,
  arns: Arns,
): Promise<string> {
  const Tags = tagList({ ...tagsOf(cluster.name, model, String(listener.port)), ...model.tags });
  const { Listeners } = await asClusterRole.elb("CreateListener", { LoadBalancerArn, ...settings(listener, arns), Tags });
  const ListenerArn = Listeners![0]!.ListenerArn!;
  const more = listener.certificates.slice(1).map((CertificateArn) => ({ CertificateArn }));
  if (more.length > 0) await asClusterRole.elb("AddListenerCertificates", { ListenerArn, Certificates: more });
  return ListenerArn;
}

/** JSON in which the order of members does not count. */
const text = (value: unknown) =>
  JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );

async function follow({ asClusterRole, asService }: Balancing, present: Listener, listener: ListenerModel, arns: Arns): Promise<string> {
  const ListenerArn = present.ListenerArn!;
  const wanted = settings(listener, arns);
  const differs = Object.entries(wanted).some(([member, value]) => text(present[member as keyof Listener]) !== text(value));
  if (differs) await asClusterRole.elb("ModifyListener", { ListenerArn, ...wanted });
  if (listener.certificates.length === 0) return ListenerArn;
  const { Certificates = [] } = await asService.elb("DescribeListenerCertificates", { ListenerArn });
  const more = Certificates.flatMap(({ CertificateArn, IsDefault }) => (IsDefault ? [] : [CertificateArn!]));
  const named = (list: readonly string[]) => list.map((CertificateArn) => ({ CertificateArn }));
  const lacking = listener.certificates.slice(1).filter((arn) => !more.includes(arn));
  const extra = more.filter((arn) => !listener.certificates.includes(arn));
  if (lacking.length > 0) await asClusterRole.elb("AddListenerCertificates", { ListenerArn, Certificates: named(lacking) });
  if (extra.length > 0) await asClusterRole.elb("RemoveListenerCertificates", { ListenerArn, Certificates: named(extra) });
  return ListenerArn;
}

async function changeAttributes({ asClusterRole }: Balancing, ListenerArn: string, { attributes }: ListenerModel): Promise<void> {
  const pairs = Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
  if (pairs.length > 0) await asClusterRole.elb("ModifyListenerAttributes", { ListenerArn, Attributes: pairs });
}

function conditionsOf({ host, paths }: RuleModel): RuleCondition[] {
  return [
    ...(host === undefined ? [] : [{ Field: "host-header", Values: [host], HostHeaderConfig: { Values: [host] } }]),
    ...(paths.length === 0 ? [] : [{ Field: "path-pattern", Values: [...paths], PathPatternConfig: { Values: [...paths] } }]),
  ];
}

/** Rules by priority, from one on: those that are right stay, others are changed, made or deleted. */
async function arrangeRules(
  { asClusterRole, asService, cluster }: Balancing,
  ListenerArn: string,
  model: LoadBalancerModel,
  listener: ListenerModel,
  arns: Arns,
): Promise<void> {
  const { Rules = [] } = await asService.elb("DescribeRules", { ListenerArn });
  const present = new Map(Rules.flatMap((rule) => (rule.IsDefault ? [] : [[Number(rule.Priority), rule] as const])));
  for (const [index, rule] of listener.rules.entries()) {
    const Priority = index + 1;
    const wanted = { Conditions: conditionsOf(rule), Actions: [actionOf(rule.action, arns)] };
    const found = present.get(Priority);
    present.delete(Priority);
    if (!found) {
      const Tags = tagList({ ...tagsOf(cluster.name, model, `${listener.port}:${Priority}`), ...model.tags });
      await asClusterRole.elb("CreateRule", { ListenerArn, Priority, ...wanted, Tags });
    } else if (text([found.Conditions, found.Actions]) !== text([wanted.Conditions, wanted.Actions])) {
      await asClusterRole.elb("ModifyRule", { RuleArn: found.RuleArn, ...wanted });
    }
  }
  for (const { RuleArn } of present.values()) await asService.elb("DeleteRule", { RuleArn });
}
