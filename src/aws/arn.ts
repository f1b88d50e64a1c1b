// Amazon Resource Names and partitions.

/** The parts of `arn:partition:service:region:account:resource`. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** Parses an ARN; undefined if `text` is none. The resource may contain colons. */
export function parseArn(text: string): Arn | undefined {
  const match = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/s.exec(text);
  if (!match) return undefined;
  const [, partition = "", service = "", region = "", account = "", resource = ""] = match;
  return { partition, service, region, account, resource };
}

/** Writes an ARN. */
export function formatArn({ partition, service, region, account, resource }: Arn): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

const PARTITIONS: readonly { readonly prefix: string; readonly name: string; readonly suffix: string; readonly home: string }[] = [
  { prefix: "cn-", name: "aws-cn", suffix: "amazonaws.com.cn", home: "cn-north-1" },
  { prefix: "us-gov-", name: "aws-us-gov", suffix: "amazonaws.com", home: "us-gov-west-1" },
  { prefix: "us-isob-", name: "aws-iso-b", suffix: "sc2s.sgov.gov", home: "us-isob-east-1" },
  { prefix: "us-isof-", name: "aws-iso-f", suffix: "csp.hci.ic.gov", home: "us-isof-south-1" },
  { prefix: "eu-isoe-", name: "aws-iso-e", suffix: "cloud.adc-e.uk", home: "eu-isoe-west-1" },
  { prefix: "us-iso-", name: "aws-iso", suffix: "c2s.ic.gov", home: "us-iso-east-1" },
];
const COMMERCIAL = { name: "aws", suffix: "amazonaws.com", home: "us-east-1" };

function partition(region: string): { readonly name: string; readonly suffix: string; readonly home: string } {
  return PARTITIONS.find(({ prefix }) => region.startsWith(prefix)) ?? COMMERCIAL;
}

/** Partition of a region: `aws`, `aws-cn`, `aws-us-gov` … */
export function partitionOf(region: string): string {
  return partition(region).name;
}

/** DNS suffix of a region's endpoints (spec identity §0.1). */
export function dnsSuffix(region: string): string {
  return partition(region).suffix;
}

/** Region in which the partition's global services (IAM) live and are recorded. */
export function globalRegion(region: string): string {
  return partition(region).home;
}

/** Whether `text` has the form of an account id. */
export function isAccountId(text: string): boolean {
  return /^\d{12}$/.test(text);
}

/**
 * The ARN that policies see for a session: `arn:…:sts::A:assumed-role/R/S` becomes `arn:…:iam::A:role/R`. The path of the role is not
 * in the session's ARN, so it is not in the result either. Others are returned as they are.
 */
export function roleArnOfSession(arn: string): string {
  const match = /^arn:([^:]+):sts::(\d{12}):assumed-role\/(.+)\/[^/]+$/.exec(arn);
  return match ? `arn:${match[1]}:iam::${match[2]}:role/${match[3]}` : arn;
}
