// Actions of listeners and rules (Elastic Load Balancing API Reference, "Action").
import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Call } from "../../aws/operation.ts";
import type { ElbDeps } from "./deps.ts";
import { associated, invalid, invalidConfiguration, tooMany, unsupported } from "./errors.ts";
import type { LoadBalancerRecord } from "./records.ts";
import { targetGroupsOf } from "./state.ts";

/** Protocols of target groups that listeners forward to, by the listener's protocol. */
const FORWARDS: Readonly<Record<string, readonly string[]>> = {
  HTTP: ["HTTP", "HTTPS"],
  HTTPS: ["HTTP", "HTTPS"],
  TCP: ["TCP", "TCP_UDP"],
  TLS: ["TCP", "TLS"],
  UDP: ["UDP", "TCP_UDP"],
  TCP_UDP: ["TCP_UDP"],
};

/** The actions of a request, checked and in the form they are shown. Throws the modelled errors. */
export function checkActions(
  actions: readonly Action[] | undefined,
  loadBalancer: LoadBalancerRecord,
  protocol: string,
  call: Call,
  { state }: Pick<ElbDeps, "state">,
): readonly Action[] {
  if (!actions || actions.length === 0) throw invalid("A listener or a rule must have at least one action");
  const { kind } = loadBalancer;
  if (kind === "network" && (actions.length > 1 || actions[0]!.Type !== "forward"))
    throw invalidConfiguration(`The action type '${actions[0]!.Type}' is not valid with network load balancer`);
  if (actions.length > 1) throw unsupported("authentication before an action: actions of more than one step");
  const checked = actions.map(checkAction);
  const groups = targetGroupsOf(checked);
  if (groups.length > 5) throw tooMany("UniqueTargetGroupsPerLoadBalancer", "A forward action may have up to five target groups");
  for (const arn of groups) {
    const group = state.targetGroup(call, arn);
    if (!FORWARDS[protocol]?.includes(group.protocol))
      throw invalidConfiguration(
        `Protocol '${protocol}' of the listener is not compatible with protocol '${group.protocol}' of target group '${arn}'`,
      );
    if (group.vpcId !== loadBalancer.vpcId)
      throw invalidConfiguration(`The load balancer '${loadBalancer.arn}' and target group '${arn}' must be in the same VPC`);
    if (state.usersOf(call, arn).some((user) => user !== loadBalancer.arn)) throw associated(arn);
  }
  return checked;
}

function checkAction(action: Action): Action {
  switch (action.Type) {
    case "forward":
      return forward(action);
    case "redirect":
      return { ...only(action), RedirectConfig: redirect(action) };
    case "fixed-response":
      return { ...only(action), FixedResponseConfig: fixedResponse(action) };
    case "authenticate-oidc":
    case "authenticate-cognito":
    case "jwt-validation":
      throw unsupported(`actions of type ${action.Type}`);
    default:
      throw invalid(`Action type '${action.Type}' is not valid`);
  }
}

const only = ({ Type, Order }: Action) => ({ Type, ...(Order === undefined ? {} : { Order }) });

function forward({ TargetGroupArn, ForwardConfig, ...action }: Action): Action {
  const tuples = ForwardConfig?.TargetGroups ?? (TargetGroupArn === undefined ? [] : [{ TargetGroupArn }]);
  if (tuples.length === 0) throw invalid("A forward action must have at least one target group");
  if (TargetGroupArn !== undefined && ForwardConfig && (tuples.length > 1 || tuples[0]!.TargetGroupArn !== TargetGroupArn))
    throw invalid("You cannot specify both a target group ARN and a forward configuration with other target groups");
  for (const { Weight = 1, TargetGroupArn: arn } of tuples) {
    if (arn === undefined) throw invalid("A target group of a forward action must have an ARN");
    if (Weight < 0 || Weight > 999) throw invalid(`Weight '${Weight}' must be in the range 0-999`);
  }
  const stickiness = ForwardConfig?.TargetGroupStickinessConfig;
  if (stickiness?.DurationSeconds !== undefined && (stickiness.DurationSeconds < 1 || stickiness.DurationSeconds > 604_800))
    throw invalid("Stickiness duration must be in the range 1-604800");
  return {
    ...only(action as Action),
    ...(tuples.length === 1 ? { TargetGroupArn: tuples[0]!.TargetGroupArn } : {}),
    ForwardConfig: {
      TargetGroups: tuples.map(({ TargetGroupArn: arn, Weight = 1 }) => ({ TargetGroupArn: arn, Weight })),
      TargetGroupStickinessConfig: {
        Enabled: stickiness?.Enabled ?? false,
        ...(stickiness?.Enabled ? { DurationSeconds: stickiness.DurationSeconds } : {}),
      },
    },
  };
}

function redirect({ RedirectConfig }: Action) {
  if (!RedirectConfig) throw invalid("A redirect action must have a redirect configuration");
  const {
    StatusCode,
    Protocol = "#{protocol}",
    Port = "#{port}",
    Host = "#{host}",
    Path = "/#{path}",
    Query = "#{query}",
  } = RedirectConfig;
  if (StatusCode !== "HTTP_301" && StatusCode !== "HTTP_302") throw invalid(`Redirect status code '${StatusCode}' is not valid`);
  if (!["HTTP", "HTTPS", "#{protocol}"].includes(Protocol)) throw invalid(`Redirect protocol '${Protocol}' is not valid`);
  if (Port !== "#{port}" && !/^\d{1,5}$/.test(Port)) throw invalid(`Redirect port '${Port}' is not valid`);
  if (!Path.startsWith("/")) throw invalid("The redirect path must begin with a '/'");
  const unchanged = [Protocol, Port, Host, Path].join() === "#{protocol},#{port},#{host},/#{path}";
  if (unchanged) throw invalidConfiguration("The redirect configuration is not valid because it creates a loop");
  return { Protocol, Port, Host, Path, Query, StatusCode };
}

function fixedResponse({ FixedResponseConfig }: Action) {
  if (!FixedResponseConfig) throw invalid("A fixed-response action must have a fixed response configuration");
  const { StatusCode = "", MessageBody, ContentType } = FixedResponseConfig;
  if (!/^[245]\d\d$/.test(StatusCode)) throw invalid(`Fixed response status code '${StatusCode}' must match 2XX, 4XX or 5XX`);
  if ((MessageBody?.length ?? 0) > 1024) throw invalid("The fixed response message body may have up to 1024 characters");
  const types = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];
  if (ContentType !== undefined && !types.includes(ContentType)) throw invalid(`Fixed response content type '${ContentType}' is not valid`);
  return FixedResponseConfig;
}
