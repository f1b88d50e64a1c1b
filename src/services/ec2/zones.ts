// Regions and their Availability Zones: names, ids and opt-in status (AWS General Reference; EC2 User Guide, "Regions and Zones").

/** A zone of a region. */
export interface Zone {
  readonly name: string;
  readonly id: string;
}

/** Region, prefix of its zone ids, its zones as letter and id number; a trailing `+` marks a Region that accounts opt in to. */
const table = `
us-east-1 use1 a1 b2 c3 d4 e5 f6
us-east-2 use2 a1 b2 c3
us-west-1 usw1 a1 b3
us-west-2 usw2 a1 b2 c3 d4
af-south-1 afs1 a1 b2 c3 +
ap-east-1 ape1 a1 b2 c3 +
ap-east-2 ape2 a1 b2 c3 +
ap-northeast-1 apne1 a4 c1 d2
ap-northeast-2 apne2 a1 b2 c3 d4
ap-northeast-3 apne3 a3 b1 c2
ap-south-1 aps1 a1 b3 c2
ap-south-2 aps2 a1 b2 c3 +
ap-southeast-1 apse1 a1 b2 c3
ap-southeast-2 apse2 a1 b3 c2
ap-southeast-3 apse3 a1 b2 c3 +
ap-southeast-4 apse4 a1 b2 c3 +
ap-southeast-5 apse5 a1 b2 c3 +
ap-southeast-7 apse7 a1 b2 c3 +
ca-central-1 cac1 a1 b2 d4
ca-west-1 caw1 a1 b2 c3 +
eu-central-1 euc1 a2 b3 c1
eu-central-2 euc2 a1 b2 c3 +
eu-north-1 eun1 a1 b2 c3
eu-south-1 eus1 a1 b2 c3 +
eu-south-2 eus2 a1 b2 c3 +
eu-west-1 euw1 a1 b2 c3
eu-west-2 euw2 a2 b3 c1
eu-west-3 euw3 a1 b2 c3
il-central-1 ilc1 a1 b2 c3 +
me-central-1 mec1 a1 b2 c3 +
me-south-1 mes1 a1 b2 c3 +
mx-central-1 mxc1 a1 b2 c3 +
sa-east-1 sae1 a1 b2 c3
cn-north-1 cnn1 a1 b2 d4
cn-northwest-1 cnnw1 a1 b2 c3
us-gov-east-1 usge1 a1 b2 c3
us-gov-west-1 usgw1 a1 b2 c3`;

/** A Region: its zones and whether accounts must opt in. */
export interface Region {
  readonly name: string;
  readonly optIn: boolean;
  readonly zones: readonly Zone[];
}

const regions = new Map<string, Region>(
  table
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", prefix, ...rest] = line.split(" ");
      const zones = rest.filter((zone) => zone !== "+").map((zone) => ({ name: name + zone[0], id: `${prefix}-az${zone.slice(1)}` }));
      return [name, { name, optIn: rest.includes("+"), zones }];
    }),
);

/** Every Region of a partition, by name. */
export function regionsOf(partition: string): Region[] {
  const belongs = (name: string) =>
    partition === "aws-cn" ? name.startsWith("cn-") : partition === "aws-us-gov" ? name.startsWith("us-gov-") : !/^(cn|us-gov)-/.test(name);
  return [...regions.values()].filter(({ name }) => belongs(name));
}

/** The zones of a Region; a Region newer than the table gets three. */
export function zonesOf(region: string): readonly Zone[] {
  const known = regions.get(region);
  if (known) return known.zones;
  const prefix = region.replace(/^([a-z]+)-([a-z])[a-z]*-(\d+)$/, "$1$2$3");
  return ["a", "b", "c"].map((letter, index) => ({ name: region + letter, id: `${prefix}-az${index + 1}` }));
}

/** Domain of private DNS names in a Region. */
export function privateDomain(region: string): string {
  return region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
}
