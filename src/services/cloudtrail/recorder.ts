// Turns finished calls into CloudTrail events.
import { globalRegion, parseArn } from "../../aws/arn.ts";
import { uuid } from "../../aws/ids.ts";
import type { Random } from "../../base/random.ts";
import type { CallRecord, CallRecorder } from "../ports.ts";
import { requestParameters, responseElements } from "./body.ts";
import { type CloudTrailEvent, EVENT_VERSION, eventTime } from "./event.ts";
import type { EventHistory } from "./history.ts";
import { RepeatedReads } from "./repeated-reads.ts";
import { foreignIdentity, invoker, userIdentity, type WebIdentity } from "./user-identity.ts";

/** What the recorder needs. */
export interface RecorderDeps {
  readonly history: EventHistory;
  readonly random: Random;
}

/** Something a service did that is no API call. */
export interface ServiceEvent {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly account: string;
  readonly region: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly serviceEventDetails: object;
}

/** {@link CallRecorder}, and what services report themselves. */
export interface Recorder extends CallRecorder {
  recordServiceEvent(event: ServiceEvent): void;
}

const MAX_TEXT = 1024;

/**
 * Records every call made over the wire and every call in the process that changes something, fails or hands out credentials. Of the
 * successful reads that Atoll's own controllers repeat, one per principal, operation and quarter of an hour is kept: on AWS they are in the
 * history too, but Atoll polls in places where AWS does not. PutLogEvents is a data event and never in the history (spec audit §A.1).
 */
export function createRecorder({ history, random }: RecorderDeps): Recorder {
  const repeated = new RepeatedReads();
  return {
    record(call) {
      if (call.service === "logs" && call.operation === "PutLogEvents") return;
      const event = apiCall(call, random);
      if (!call.external && event.readOnly && !call.error && event.responseElements === null && repeated.seen(call)) return;
      history.append(event.recipientAccountId, event.awsRegion, call.time, event);
      const owner = roleOwner(call);
      if (owner !== undefined && owner !== event.recipientAccountId && call.caller.kind !== "service") {
        const copy = { ...event, userIdentity: foreignIdentity(call.caller), eventID: uuid(random), recipientAccountId: owner };
        history.append(owner, event.awsRegion, call.time, copy);
      }
    },
    recordServiceEvent({ time, account, region, eventSource, eventName, serviceEventDetails }) {
      history.append(account, region, time, {
        eventVersion: EVENT_VERSION,
        userIdentity: { type: "AWSService", accountId: account, invokedBy: eventSource },
        eventTime: eventTime(time),
        eventSource,
        eventName,
        awsRegion: region,
        sourceIPAddress: eventSource,
        userAgent: eventSource,
        requestParameters: null,
        responseElements: null,
        eventID: uuid(random),
        readOnly: false,
        eventType: "AwsServiceEvent",
        managementEvent: true,
        recipientAccountId: account,
        serviceEventDetails,
        eventCategory: "Management",
      });
    },
  };
}

function apiCall(call: CallRecord, random: Random): CloudTrailEvent {
  const { service, operation, caller, error, account } = call;
  const webIdentity = operation === "AssumeRoleWithWebIdentity";
  const handsOut = service === "sts" && /^(AssumeRole|GetSessionToken|GetFederationToken)/.test(operation);
  const readOnly = call.readOnly || handsOut || service === "eks-auth";
  const by = invoker(caller);
  const owner = roleOwner(call);
  // STS keeps nothing of a refused AssumeRole, but the parameters of a refused web identity (spec audit §B.2, §B.5).
  const hidesRequest = service === "sts" && error !== undefined && !webIdentity && isAccessDenied(error.code);
  return {
    eventVersion: EVENT_VERSION,
    userIdentity: userIdentity(caller, webIdentity ? webIdentityOf(call.response) : undefined),
    eventTime: eventTime(call.time),
    eventSource: call.eventSource,
    eventName: operation,
    awsRegion: service === "iam" ? globalRegion(call.region) : call.region,
    sourceIPAddress: by ?? call.sourceIp,
    userAgent: (by ?? call.userAgent).slice(0, MAX_TEXT),
    ...(error && {
      errorCode: errorCode(service, error.code),
      errorMessage: errorMessage(call, error).slice(0, MAX_TEXT),
    }),
    requestParameters: hidesRequest ? null : requestParameters(service, operation, call.request),
    responseElements: error || (readOnly && !handsOut) ? null : responseElements(service, call.response, call.requestId),
    ...(webIdentity && { additionalEventData: { identityProviderConnectionVerificationMethod: "IAMTrustStore" } }),
    requestID: call.requestId,
    eventID: call.eventId,
    readOnly,
    ...(owner !== undefined && !hidesRequest && { resources: [{ accountId: owner, type: "AWS::IAM::Role", ARN: roleArn(call)! }] }),
    eventType: "AwsApiCall",
    managementEvent: true,
    recipientAccountId: account,
    ...(owner !== undefined && (caller.kind === "service" || owner !== account) && { sharedEventID: uuid(random) }),
    eventCategory: "Management",
  };
}

function webIdentityOf(response: unknown): WebIdentity | undefined {
  const { Provider, Audience, SubjectFromWebIdentityToken } = (response ?? {}) as Record<string, unknown>;
  if (typeof Provider !== "string" || typeof Audience !== "string" || typeof SubjectFromWebIdentityToken !== "string") return undefined;
  return { provider: Provider, audience: Audience, subject: SubjectFromWebIdentityToken };
}

function roleArn({ service, operation, request }: CallRecord): string | undefined {
  if (service !== "sts" || !operation.startsWith("AssumeRole")) return undefined;
  const { RoleArn } = (request ?? {}) as { RoleArn?: unknown };
  return typeof RoleArn === "string" ? RoleArn : undefined;
}

/** Account of the role that a call assumes; undefined for other calls. */
function roleOwner(call: CallRecord): string | undefined {
  const account = parseArn(roleArn(call) ?? "")?.account;
  return account !== undefined && /^\d{12}$/.test(account) ? account : undefined;
}

const isAccessDenied = (code: string) => /^AccessDenied(Exception)?$/.test(code);

function errorCode(service: string, code: string): string {
  if (isAccessDenied(code)) return "AccessDenied";
  if (service === "ec2") return `${/^(Internal|Unavailable|ServiceUnavailable)/.test(code) ? "Server" : "Client"}.${code}`;
  // Records of IAM and STS have the exception's class, not the code on the wire.
  if ((service === "iam" || service === "sts") && !/(Exception|Error|Fault)$/.test(code)) return `${code}Exception`;
  return code;
}

function errorMessage({ service, operation }: CallRecord, { code, message }: { code: string; message: string }): string {
  if (!isAccessDenied(code)) return message;
  if (operation === "AssumeRoleWithWebIdentity") return "An unknown error occurred";
  return service === "eks-auth" && /assume/i.test(message)
    ? "Unauthorized Exception! EKS does not have permissions to assume the associated role."
    : message;
}
