// How many calls EC2 takes: a bucket of tokens for every account, region and action (EC2 API Reference, "Request throttling").
import { AwsError } from "../../aws/errors.ts";
import type { Clock } from "../../base/clock.ts";
import type { Throttle, ThrottledCall } from "../ports.ts";

/** Tokens a bucket holds, and how many come back in a second. */
export interface BucketSize {
  readonly burst: number;
  readonly perSecond: number;
}

/** Describe, Get, List and Search with filters, ids or pages. */
export const READS: BucketSize = { burst: 100, perSecond: 20 };
/** The same without: they cost the service most. */
export const UNFILTERED_READS: BucketSize = { burst: 50, perSecond: 10 };
/** What changes something and has no bucket of its own size. */
export const WRITES: BucketSize = { burst: 50, perSecond: 5 };
const INTERFACE_WRITES: BucketSize = { burst: 100, perSecond: 5 };
const TAGS: BucketSize = { burst: 100, perSecond: 10 };
const LAUNCHES: BucketSize = { burst: 5, perSecond: 2 };

/** Actions with buckets of their own size. */
const OWN_SIZE = new Map<string, BucketSize>([
  ["AssignIpv6Addresses", INTERFACE_WRITES],
  ["AssignPrivateIpAddresses", INTERFACE_WRITES],
  ["CreateNetworkInterface", INTERFACE_WRITES],
  ["DeleteNetworkInterface", INTERFACE_WRITES],
  ["ModifyNetworkInterfaceAttribute", INTERFACE_WRITES],
  ["TerminateInstances", INTERFACE_WRITES],
  ["CreateTags", TAGS],
  ["DeleteTags", TAGS],
  ["RunInstances", LAUNCHES],
  ["StartInstances", LAUNCHES],
  ["StopInstances", LAUNCHES],
]);

const READ = /^(Describe|Get|List|Search)/;

/** The bucket a call draws from. */
export function bucketOf({ operation, input }: Pick<ThrottledCall, "operation" | "input">): BucketSize {
  const own = OWN_SIZE.get(operation);
  if (own) return own;
  if (!READ.test(operation)) return WRITES;
  const narrowing = Object.entries(input).filter(([name, value]) => name !== "DryRun" && value !== undefined && !isEmpty(value));
  return narrowing.length === 0 ? UNFILTERED_READS : READS;
}

const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;

/** Lets calls of EC2 through while their bucket has tokens; those of other services always. */
export function ec2Throttle(clock: Clock): Throttle {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (call) => {
    if (call.service !== "ec2") return undefined;
    const size = bucketOf(call);
    const key = `${call.account}/${call.region}/${call.operation}${size === UNFILTERED_READS ? "/unfiltered" : ""}`;
    const now = clock.now();
    const bucket = buckets.get(key) ?? { tokens: size.burst, at: now };
    bucket.tokens = Math.min(size.burst, bucket.tokens + ((now - bucket.at) / 1000) * size.perSecond);
    bucket.at = now;
    buckets.set(key, bucket);
    if (bucket.tokens < 1) return new AwsError("RequestLimitExceeded", "Request limit exceeded.", {}, 503);
    bucket.tokens--;
    return undefined;
  };
}
