// requestParameters and responseElements: operation input and output in the form that each service's records have (spec audit §B).

/** How a service writes its records. */
interface Style {
  date(value: Date): unknown;
  /** EC2 wraps lists. */
  readonly itemLists: boolean;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function longDate(value: Date, afterYear: string): string {
  const hour = value.getUTCHours();
  const two = (part: number) => String(part).padStart(2, "0");
  const time = `${hour % 12 || 12}:${two(value.getUTCMinutes())}:${two(value.getUTCSeconds())} ${hour < 12 ? "AM" : "PM"}`;
  return `${MONTHS[value.getUTCMonth()]} ${value.getUTCDate()}, ${value.getUTCFullYear()}${afterYear} ${time}`;
}

const withComma: Style = { date: (value) => longDate(value, ","), itemLists: false };
const STYLES: Readonly<Record<string, Style>> = {
  eks: { date: (value) => value.getTime() / 1000, itemLists: false },
  iam: { date: (value) => longDate(value, ""), itemLists: false },
  ec2: { date: (value) => value.getTime(), itemLists: true },
};

/** Members that must never be written, in lower case; the second kind leaves a mark. */
const OMITTED = new Set(["secretaccesskey", "webidentitytoken", "samlassertion", "password", "oldpassword", "newpassword", "privatekey"]);
const REMOVED: Readonly<Record<string, ReadonlySet<string>>> = { ec2: new Set(["userdata", "keymaterial"]) };
const MARK = "<sensitiveDataRemoved>";

const MAX_BYTES = 100 * 1024;
const MAX_DEPTH = 40;

/** The parameters as recorded; null if there are none. */
export function requestParameters(service: string, operation: string, request: unknown): object | null {
  const body = convert(service, request);
  if (!body) return null;
  if (service === "eks") return limited(eksPathNames(operation, body));
  if (service === "eks-auth" && "token" in body) return limited({ ...body, token: "HIDDEN_DUE_TO_SECURITY_REASONS" });
  return limited(body);
}

/** The answer as recorded; null if it is empty. `requestId` is part of EC2's answers. */
export function responseElements(service: string, response: unknown, requestId: string): object | null {
  const body = convert(service, response) ?? {};
  if (service === "ec2") return limited({ requestId, ...(Object.keys(body).length === 0 && { _return: true }), ...body });
  if (service === "iam") encodeDocuments(body);
  return Object.keys(body).length === 0 ? null : limited(body);
}

function convert(service: string, value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const style = STYLES[service] ?? withComma;
  const converted = convertObject(value as Record<string, unknown>, service, style, 0);
  return Object.keys(converted).length === 0 ? undefined : converted;
}

function convertObject(value: Record<string, unknown>, service: string, style: Style, depth: number): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || name === "$metadata" || OMITTED.has(name.toLowerCase())) continue;
    // Keys of maps, such as tags, look like members; only names that the SDK writes in upper camel case are changed.
    const key = service === "eks" || service === "eks-auth" || service === "logs" ? name : name.charAt(0).toLowerCase() + name.slice(1);
    entries.push([key, REMOVED[service]?.has(name.toLowerCase()) ? MARK : convertValue(member, service, style, depth + 1)]);
  }
  return Object.fromEntries(entries);
}

function convertValue(value: unknown, service: string, style: Style, depth: number): unknown {
  if (depth > MAX_DEPTH) return null;
  if (value instanceof Date) return style.date(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => convertValue(item, service, style, depth + 1));
    if (!style.itemLists) return items;
    return items.length === 0 ? {} : { items };
  }
  if (typeof value === "object" && value !== null) return convertObject(value as Record<string, unknown>, service, style, depth);
  return value;
}

const ARN_PATH: Readonly<Record<string, readonly string[]>> = {
  DescribeAccessEntry: ["principalArn"],
  DeleteAccessEntry: ["principalArn"],
  UpdateAccessEntry: ["principalArn"],
  ListAssociatedAccessPolicies: ["principalArn"],
  AssociateAccessPolicy: ["principalArn"],
  DisassociateAccessPolicy: ["principalArn", "policyArn"],
  TagResource: ["resourceArn"],
  UntagResource: ["resourceArn"],
  ListTagsForResource: ["resourceArn"],
};

/** The cluster in the path is `name` on the wire, and ARNs in the path stay percent-encoded. */
function eksPathNames(operation: string, body: Record<string, unknown>): object {
  const { clusterName, ...rest } = body;
  const named: Record<string, unknown> = clusterName === undefined ? rest : { name: clusterName, ...rest };
  for (const member of ARN_PATH[operation] ?? []) {
    const arn = named[member];
    if (typeof arn === "string") named[member] = encodeURIComponent(arn);
  }
  return named;
}

/** IAM answers carry policy documents URL-encoded. */
function encodeDocuments(body: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(body)) {
    if (typeof value === "object" && value !== null) encodeDocuments(value as Record<string, unknown>);
    else if (/document$/i.test(name) && typeof value === "string" && value.trimStart().startsWith("{"))
      body[name] = encodeURIComponent(value);
  }
}

/** A structure above 100 KB is left out (CloudTrail User Guide, record contents). */
function limited(body: object): object {
  return JSON.stringify(body).length > MAX_BYTES ? { omitted: true } : body;
}
