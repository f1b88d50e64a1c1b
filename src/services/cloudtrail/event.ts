// A CloudTrail event: its members in the order of real log files (spec audit §A.2).

export const EVENT_VERSION = "1.11";

/** The member `userIdentity`; which of its members exist depends on `type`. */
export interface UserIdentity {
  readonly type: string;
  readonly principalId?: string;
  readonly arn?: string;
  readonly accountId?: string;
  readonly accessKeyId?: string;
  readonly userName?: string;
  readonly identityProvider?: string;
  readonly sessionContext?: object;
  readonly invokedBy?: string;
}

/** A resource that a record names itself. */
export interface EventResource {
  readonly accountId: string;
  readonly type: string;
  readonly ARN: string;
}

/** One record. `JSON.stringify` of it is the text that every reader gets. */
export interface CloudTrailEvent {
  readonly eventVersion: string;
  readonly userIdentity: UserIdentity;
  /** To the second. */
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: object | null;
  readonly responseElements: object | null;
  readonly additionalEventData?: object;
  readonly requestID?: string;
  readonly eventID: string;
  readonly readOnly: boolean;
  readonly resources?: readonly EventResource[];
  readonly eventType: "AwsApiCall" | "AwsServiceEvent";
  readonly managementEvent: true;
  readonly recipientAccountId: string;
  readonly sharedEventID?: string;
  readonly serviceEventDetails?: object;
  readonly eventCategory: "Management";
}

/** Epoch milliseconds as `2024-07-30T21:53:13Z`. */
export function eventTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
