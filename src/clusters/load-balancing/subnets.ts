// Which subnets a load balancer stands in (spec eks-control-plane §8.8).
import { ModelError, type Scheme, type SubnetWish } from "./model.ts";

/** A subnet of the cluster's VPC. */
export interface SubnetFacts {
  readonly id: string;
  readonly zone: string;
  readonly free: number;
  readonly tags: Readonly<Record<string, string>>;
}

const ROLES = { "internet-facing": "kubernetes.io/role/elb", internal: "kubernetes.io/role/internal-elb" } as const;
const CLUSTER = "kubernetes.io/cluster/";
/** Subnets, and addresses free in each, that an Application Load Balancer needs. */
const LEAST_SUBNETS = 2;
const LEAST_FREE = 8;

/** Ids of the chosen subnets, sorted. Throws ModelError. */
export function chooseSubnets(
  all: readonly SubnetFacts[],
  wish: SubnetWish,
  { kind, scheme, clusterName }: { readonly kind: "application" | "network"; readonly scheme: Scheme; readonly clusterName: string },
): string[] {
  const chosen = wish.named ? wish.named.map((name) => named(all, name)) : discovered(all, wish, kind, scheme, clusterName);
  if (kind === "application" && chosen.length < LEAST_SUBNETS)
    throw new ModelError(`subnets count less than minimal required count: ${chosen.length} < ${LEAST_SUBNETS}`);
  return chosen.map(({ id }) => id).sort();
}

function named(all: readonly SubnetFacts[], name: string): SubnetFacts {
  const found = all.filter(({ id, tags }) => (name.startsWith("subnet-") ? id === name : tags.Name === name));
  if (found.length === 0) throw new ModelError(`couldn't find all subnets, nameOrIDs: [${name}], found: 0`);
  return found[0]!;
}

function discovered(
  all: readonly SubnetFacts[],
  { tags }: SubnetWish,
  kind: "application" | "network",
  scheme: Scheme,
  clusterName: string,
) {
  const role = ROLES[scheme];
  const tagged = tags
    ? all.filter((subnet) => Object.entries(tags).every(([key, values]) => values.includes(subnet.tags[key] ?? "\0")))
    : all.filter((subnet) => subnet.tags[role] === "1" || subnet.tags[role] === "");
  const own = (subnet: SubnetFacts) => CLUSTER + clusterName in subnet.tags;
  const usable = tagged.filter((subnet) => own(subnet) || !Object.keys(subnet.tags).some((key) => key.startsWith(CLUSTER)));
  const roomy = kind === "application" ? usable.filter(({ free }) => free >= LEAST_FREE) : usable;
  if (roomy.length === 0) {
    const others = tagged.length - usable.length;
    const detail = [
      `${tagged.length} match VPC and tags: [${tags ? Object.keys(tags).join(" ") : role}]`,
      ...(others > 0 ? [`${others} tagged for other cluster`] : []),
      ...(usable.length > 0 ? [`${usable.length} have fewer than ${LEAST_FREE} free addresses`] : []),
    ];
    throw new ModelError(`unable to resolve at least one subnet (${detail.join(", ")})`);
  }
  const best = new Map<string, SubnetFacts>();
  for (const subnet of [...roomy].sort((a, b) => Number(own(b)) - Number(own(a)) || (a.id < b.id ? -1 : 1)))
    if (!best.has(subnet.zone)) best.set(subnet.zone, subnet);
  return [...best.values()];
}
