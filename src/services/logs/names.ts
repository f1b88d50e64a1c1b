// Names and ARNs of groups and streams, and which group a request means.
import { parseArn } from "../../aws/arn.ts";
import type { Call } from "../../aws/operation.ts";
import { invalid, noResource } from "./errors.ts";

export function groupArn({ partition, region, account }: Call, group: string): string {
  return `arn:${partition}:logs:${region}:${account}:log-group:${group}`;
}

export function streamArn(call: Call, group: string, stream: string): string {
  return `${groupArn(call, group)}:log-stream:${stream}`;
}

/** Parameters that name a group. */
export interface GroupReference {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** The name of the group a request means by name or by identifier (name or ARN). Throws InvalidParameterException. */
export function groupNameOf({ logGroupName, logGroupIdentifier }: GroupReference): string {
  if ((logGroupName === undefined) === (logGroupIdentifier === undefined)) {
    throw invalid("Exactly one of logGroupName and logGroupIdentifier must be specified.");
  }
  return logGroupName ?? groupOfIdentifier(logGroupIdentifier!);
}

function groupOfIdentifier(identifier: string): string {
  return groupOfArn(identifier) ?? identifier;
}

/** The group in an ARN, with or without the final `:*`; undefined if the text is no log group's ARN. */
export function groupOfArn(arn: string): string | undefined {
  const parsed = parseArn(arn);
  return parsed?.service === "logs" ? /^log-group:([^:]+)(:\*)?$/.exec(parsed.resource)?.[1] : undefined;
}

/** The group of this account and region that an ARN names. Throws ResourceNotFoundException. */
export function ownGroupOfArn(arn: string, call: Call): string {
  const parsed = parseArn(arn);
  const group = groupOfArn(arn);
  if (!parsed || group === undefined || parsed.account !== call.account || parsed.region !== call.region) throw noResource();
  return group;
}

/** Resource that IAM is asked about for an action on a group: policies end in `:*` there (CloudWatch Logs User Guide). */
export function groupResource(reference: GroupReference, call: Call): string {
  const { logGroupName, logGroupIdentifier = "" } = reference;
  return streamArn(call, logGroupName ?? groupOfIdentifier(logGroupIdentifier), "");
}

/** Resource for an action on a stream. */
export function streamResource(reference: GroupReference & { readonly logStreamName?: string | undefined }, call: Call): string {
  return `${groupResource(reference, call)}${reference.logStreamName ?? ""}`;
}
