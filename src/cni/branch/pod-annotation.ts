// The annotation by which a pod's branch interface is handed from the resource controller to the CNI (spec vpc-cni §6.6).

/** A branch interface of a pod. Addresses and CIDRs of a family it lacks are empty. */
export interface BranchDetails {
  readonly eniId: string;
  readonly mac: string;
  readonly privateIp: string;
  readonly ipv6Address: string;
  readonly vlanId: number;
  readonly subnetCidr: string;
  readonly subnetCidr6: string;
  /** Empty if it is not known. */
  readonly associationId: string;
}

/** The annotation's text. */
export function writePodEni(branches: readonly BranchDetails[]): string {
  return JSON.stringify(
    branches.map(({ eniId, mac, privateIp, ipv6Address, vlanId, subnetCidr, subnetCidr6, associationId }) => ({
      ...{ eniId, ifAddress: mac, privateIp, ipv6Addr: ipv6Address, vlanId, subnetCidr },
      ...{ subnetV6Cidr: subnetCidr6, associationID: associationId },
    })),
  );
}

/** What the annotation says; undefined if it is absent, malformed or empty. Names count whatever their case: writers differ in it. */
export function readPodEni(text: string | undefined): readonly BranchDetails[] | undefined {
  if (!text) return undefined;
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(entries) || entries.length === 0) return undefined;
  const read = entries.map(detailsOf);
  return read.every((each) => each !== undefined) ? read : undefined;
}

function detailsOf(entry: unknown): BranchDetails | undefined {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return undefined;
  const members = new Map(Object.entries(entry).map(([name, value]) => [name.toLowerCase(), value]));
  const text = (name: string) => String(members.get(name) ?? "");
  const vlanId = members.get("vlanid");
  if (typeof vlanId !== "number" || !Number.isInteger(vlanId) || vlanId < 1 || text("eniid") === "") return undefined;
  return {
    ...{ eniId: text("eniid"), mac: text("ifaddress"), privateIp: text("privateip"), ipv6Address: text("ipv6addr"), vlanId },
    ...{ subnetCidr: text("subnetcidr"), subnetCidr6: text("subnetv6cidr"), associationId: text("associationid") },
  };
}
