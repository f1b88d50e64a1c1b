// LookupEvents: the event history, newest first, by one attribute (CloudTrail API Reference; spec audit §C).
import { createHash } from "node:crypto";
import type { LookupAttribute, LookupEventsRequest } from "@aws-sdk/client-cloudtrail";
import { AwsError } from "../../aws/errors.ts";
import type { Call, InputOf, Operations, OutputOf, Sdk } from "../../aws/operation.ts";
import type { CloudTrailEvent } from "./event.ts";
import { type EventHistory, parseEvent, RETENTION_MS } from "./history.ts";
import { resourcesOf, usernameOf } from "./lookup-attributes.ts";

/** What the operations need. */
export interface CloudTrailDeps {
  readonly history: EventHistory;
}

type Input = InputOf<Sdk["cloudtrail"], "LookupEvents">;
type Output = OutputOf<Sdk["cloudtrail"], "LookupEvents">;

const ATTRIBUTES = new Set(["EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"]);

export const lookupEvents = {
  LookupEvents: {
    run(input, call, { history }) {
      const attribute = validate(input);
      const limit = input.MaxResults ?? 50;
      const earliest = call.now - RETENTION_MS;
      // Event times have whole seconds: the end includes the whole second.
      const from = Math.max(input.StartTime ? input.StartTime.getTime() : 0, earliest);
      const to = input.EndTime ? Math.floor(input.EndTime.getTime() / 1000) * 1000 + 999 : call.now + 999;
      const query = fingerprint(input, call);
      const after = input.NextToken === undefined ? undefined : openToken(input.NextToken, query);
      const Events: NonNullable<Output["Events"]> = [];
      if (input.EventCategory === "insight" || to < from) return { Events };
      const matches = filterOf(attribute);
      let last = "";
      for (const { key, bytes } of history.read(call.account, call.region, Math.floor(from / 1000) * 1000, to, after)) {
        const found = matches(bytes);
        if (!found) continue;
        if (Events.length === limit) return { Events, NextToken: sealToken(last, query) };
        Events.push(view(found.event, found.text));
        last = key;
      }
      return { Events };
    },
  },
} satisfies Operations<Sdk["cloudtrail"], CloudTrailDeps>;

function validate(input: Input): LookupAttribute | undefined {
  const { LookupAttributes: attributes = [], StartTime: start, EndTime: end, MaxResults: max } = input;
  if (attributes.length > 1) throw failure("InvalidLookupAttributesException", "Only one lookup attribute can be specified in a request.");
  const [attribute] = attributes;
  if (attribute) {
    const { AttributeKey: key, AttributeValue: value } = attribute;
    if (key === undefined || !ATTRIBUTES.has(key))
      throw failure("InvalidLookupAttributesException", `Invalid lookup attribute key: ${key}`);
    if (value === undefined || value === "" || value.length > 2000) {
      throw failure("InvalidLookupAttributesException", `Invalid value for lookup attribute ${key}: its length must be from 1 to 2000.`);
    }
  }
  if (start && end && end.getTime() < start.getTime()) {
    throw failure("InvalidTimeRangeException", "The start time must not be after the end time.");
  }
  if (max !== undefined && (!Number.isInteger(max) || max < 1 || max > 50)) {
    throw failure("InvalidMaxResultsException", "MaxResults must be from 1 to 50.");
  }
  const category: string | undefined = input.EventCategory;
  if (category !== undefined && category !== "insight") {
    throw failure("InvalidEventCategoryException", `Invalid event category: ${category}. The only valid value is insight.`);
  }
  return attribute;
}

type Found = { event: CloudTrailEvent; text: string };

function filterOf(attribute: LookupAttribute | undefined): (bytes: Uint8Array) => Found | undefined {
  if (!attribute) return parseEvent;
  const { AttributeKey: key, AttributeValue: value = "" } = attribute;
  // Plain values stand in the event's text as they are: most events need not be parsed.
  const literal = /^[\w.-]+$/.test(value) && key !== "ResourceType" && value !== "root" && value !== "true" && value !== "false";
  const needle = literal ? Buffer.from(value) : undefined;
  return (bytes) => {
    if (needle && !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(needle)) return undefined;
    const found = parseEvent(bytes);
    return hasAttribute(found.event, key, value) ? found : undefined;
  };
}

function hasAttribute(event: CloudTrailEvent, key: LookupAttribute["AttributeKey"], value: string): boolean {
  switch (key) {
    case "EventId":
      return event.eventID === value;
    case "EventName":
      return event.eventName === value;
    case "ReadOnly":
      return String(event.readOnly) === value;
    case "Username":
      return usernameOf(event) === value;
    case "EventSource":
      return event.eventSource === value;
    case "AccessKeyId":
      return event.userIdentity.accessKeyId === value;
    case "ResourceType":
      return resourcesOf(event).some(({ ResourceType }) => ResourceType === value);
    default:
      return resourcesOf(event).some(({ ResourceName }) => ResourceName === value);
  }
}

function view(event: CloudTrailEvent, text: string): NonNullable<Output["Events"]>[number] {
  const { accessKeyId } = event.userIdentity;
  const username = usernameOf(event);
  return {
    EventId: event.eventID,
    EventName: event.eventName,
    ReadOnly: String(event.readOnly),
    ...(accessKeyId !== undefined && { AccessKeyId: accessKeyId }),
    EventTime: new Date(event.eventTime),
    EventSource: event.eventSource,
    ...(username !== undefined && { Username: username }),
    Resources: resourcesOf(event),
    CloudTrailEvent: text,
  };
}

/** All parameters but the token and the page size must stay the same from page to page. */
function fingerprint({ LookupAttributes, StartTime, EndTime, EventCategory }: LookupEventsRequest, { account, region }: Call): string {
  const parts = [account, region, LookupAttributes ?? [], StartTime?.getTime(), EndTime?.getTime(), EventCategory];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22);
}

function sealToken(key: string, query: string): string {
  return Buffer.from(JSON.stringify([key, query])).toString("base64");
}

function openToken(token: string, query: string): string {
  try {
    const [key, sealedQuery] = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    if (typeof key === "string" && /^\d{13}-\d{6}-[\w-]{1,64}$/.test(key) && sealedQuery === query) return key;
  } catch {
    // Not one of ours.
  }
  throw failure("InvalidNextTokenException", "The token is invalid or was made for a request with other parameters.");
}

function failure(code: string, message: string): AwsError {
  return new AwsError(code, message, {}, 400);
}
