// How aws-node reads a variable: what cannot be parsed counts as absent (spec vpc-cni §3.1).

/** Variables by name, as the container sees them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Go's strconv.Atoi, for numbers of up to nine digits. */
export function integer(text: string | undefined, fallback: number): number {
  return text !== undefined && /^[+-]?\d{1,9}$/.test(text) ? Number(text) : fallback;
}

/** Go's strconv.ParseBool. */
export function boolean(text: string | undefined, fallback: boolean): boolean {
  if (text !== undefined && ["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (text !== undefined && ["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  return fallback;
}

/** A mark of packets, `128` or `0x80`, as iptables prints it; 0x80 if it cannot be read. */
export function mark(text: string | undefined): string {
  const value = text !== undefined && /^(0x[\da-fA-F]{1,8}|\d{1,9})$/.test(text) ? Number(text) : 0x80;
  return `0x${(value || 0x80).toString(16)}`;
}

/** Comma-separated values, trimmed, without empty ones. */
export function list(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** A JSON object of strings; anything else counts as none. Keys of Kubernetes' AWS domain are the CNI's own and are left out. */
export function tags(text: string | undefined): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text || "{}");
    if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
    const entries = Object.entries(value);
    if (!entries.every((entry): entry is [string, string] => typeof entry[1] === "string")) return {};
    return Object.fromEntries(entries.filter(([key]) => !key.includes("k8s.amazonaws.com")));
  } catch {
    return {};
  }
}
