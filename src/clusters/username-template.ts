// The variables of access entry and aws-auth user names (spec identity §5.4).

/** What the variables stand for in one authentication. */
export interface TemplateFacts {
  readonly accountId: string;
  readonly sessionName: string | undefined;
  readonly accessKeyId: string | undefined;
  /** Private DNS name of an EC2 instance of the cluster's account; undefined if there is none. */
  instanceDnsName(instanceId: string): Promise<string | undefined>;
}

/** EC2 instance ids as session names: what the instance metadata service makes. */
const INSTANCE_ID = /^i-(\w{8}|\w{17})$/;

/** Renders a template. Returns undefined if a variable has no value: the authentication then fails. */
export async function renderUsername(template: string, facts: TemplateFacts): Promise<string | undefined> {
  let name = template;
  if (name.includes("{{EC2PrivateDNSName}}")) {
    if (!facts.sessionName || !INSTANCE_ID.test(facts.sessionName)) return undefined;
    const dnsName = await facts.instanceDnsName(facts.sessionName);
    if (!dnsName) return undefined;
    name = name.replaceAll("{{EC2PrivateDNSName}}", dnsName);
  }
  const values: Record<string, string | undefined> = {
    "{{AccountID}}": facts.accountId,
    "{{SessionName}}": facts.sessionName?.replaceAll("@", "-"),
    "{{SessionNameRaw}}": facts.sessionName,
    "{{AccessKeyID}}": facts.accessKeyId,
  };
  for (const [variable, value] of Object.entries(values)) {
    if (!name.includes(variable)) continue;
    if (value === undefined) return undefined;
    name = name.replaceAll(variable, value);
  }
  return name;
}
