// ARNs as access mappings compare them (spec identity §5.2, canonicalization).

/**
 * `arn:P:sts::A:assumed-role/[path/]ROLE/SESSION` becomes `arn:P:iam::A:role/[path/]ROLE`; users, roles, federated users and root
 * stay. Returns undefined for anything else.
 */
export function canonicalArn(arn: string): string | undefined {
  const [prefix, partition, service, region, account, ...rest] = arn.split(":");
  const resource = rest.join(":");
  if (prefix !== "arn" || !partition || !account || region !== "") return undefined;
  if (service === "sts") {
    const parts = resource.split("/");
    if (parts[0] === "federated-user" && parts.length > 1) return arn;
    if (parts[0] !== "assumed-role" || parts.length < 3) return undefined;
    return `arn:${partition}:iam::${account}:role/${parts.slice(1, -1).join("/")}`;
  }
  if (service !== "iam") return undefined;
  if (resource === "root" || /^(role|user|federated-user)\/./.test(resource)) return arn;
  return undefined;
}

/** The session name of an assumed-role ARN; undefined for other ARNs. */
export function sessionNameOf(arn: string): string | undefined {
  return arn.includes(":assumed-role/") ? arn.slice(arn.lastIndexOf("/") + 1) : undefined;
}

/** Drops the path of a role or user ARN: aws-auth compares ARNs without it. */
export function withoutPath(arn: string): string {
  return arn.replace(/:(role|user)\/(?:.*\/)?([^/]+)$/, ":$1/$2");
}
