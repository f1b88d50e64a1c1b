// What CloudWatch Logs keeps.
import type { LogGroupClass } from "@aws-sdk/client-cloudwatch-logs";

/** A log group. Times in epoch milliseconds. */
export interface GroupRecord {
  readonly name: string;
  readonly createdAt: number;
  readonly retentionInDays?: number;
  readonly logGroupClass: LogGroupClass;
  readonly deletionProtection: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** A log stream; what is known of its events comes from the events. */
export interface StreamRecord {
  readonly name: string;
  readonly createdAt: number;
}

/** One line as it is written. `timestamp` in epoch milliseconds. */
export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

/** One line as it is read. Ids are 56 digits and grow with the timestamp. */
export interface StoredLogEvent extends LogEvent {
  readonly id: string;
  readonly ingestionTime: number;
  readonly stream: string;
}

/** What is known of a stream's events. */
export interface StreamFacts {
  readonly firstEvent?: number;
  readonly lastEvent?: number;
  readonly lastIngestion?: number;
  readonly bytes: number;
}
