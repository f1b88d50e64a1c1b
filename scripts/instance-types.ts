// Makes src/vpc/data/instance-types.json from tables of public facts:
//   node scripts/instance-types.ts <instance-eni-limits.json> <trunk-branch-limits.json> <max-pods-by-mode.json> <output.json>
import { readFileSync, writeFileSync } from "node:fs";

interface Limits {
  hypervisor: string;
  bareMetal: boolean;
  ipv4Limit: number;
  networkCards: { index: number; maxENI: number }[];
}

const [limitsPath, trunkPath, podsPath, outputPath] = process.argv.slice(2);
if (!outputPath) throw new Error("usage: instance-types.ts <eni limits> <trunk limits> <max pods> <output>");
const read = <T>(path: string) => (JSON.parse(readFileSync(path, "utf8")) as { types: Record<string, T> }).types;
const limits = read<Limits>(limitsPath!);
const trunks = read<{ isTrunkingCompatible: boolean; branchInterface: number }>(trunkPath!);
const pods = read<{ vcpu: number | null }>(podsPath!);

/** GiB of memory per vCPU by family, as the EC2 instance type pages state it. */
const ratios: [families: RegExp, ratio: number][] = [
  [/^(m[4-9]|g4dn|g5$|g6$|trn1|inf2|d3en)/, 4],
  [/^c5n$/, 2.625],
  [/^(c[5-9]|a1|inf1|g5g)/, 2],
  [/^c4$/, 1.875],
  [/^(r[5-9]|z1d|i4i|i4g|i7i|i7ie|i8g|i3en|d3|g6e|gr6)$/, 8],
  [/^r[5-9]/, 8],
  [/^(r3|r4|i3)$/, 7.625],
  [/^(x2gd|x8g)$/, 16],
];
const burstable: Record<string, number> = { nano: 0.5, micro: 1, small: 2, medium: 4, large: 8, xlarge: 16, "2xlarge": 32 };
const exact: Record<string, number> = {
  "c4.8xlarge": 60,
  "c5n.18xlarge": 192,
  "c5n.metal": 192,
  "i3.metal": 512,
  "p3.2xlarge": 61,
  "p3.8xlarge": 244,
  "p3.16xlarge": 488,
  "p3dn.24xlarge": 768,
  "p4d.24xlarge": 1152,
  "p5.48xlarge": 2048,
};

function memoryMiB(name: string, vcpus: number): number {
  const [family = "", size = ""] = name.split(".");
  if (exact[name]) return exact[name] * 1024;
  if (/^t(2|3|3a|4g)$/.test(family)) return (burstable[size] ?? 0) * 1024;
  const ratio = ratios.find(([families]) => families.test(family))?.[1] ?? 0;
  return Math.round(ratio * vcpus * 1024);
}

const rows = Object.entries(limits)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, type]) => {
    const vcpus = pods[name]?.vcpu ?? 0;
    const hypervisor = type.bareMetal ? "m" : type.hypervisor === "nitro" ? "n" : type.hypervisor === "xen" ? "x" : "u";
    const trunk = trunks[name];
    const branches = trunk?.isTrunkingCompatible ? trunk.branchInterface : 0;
    const cards = [...type.networkCards].sort((a, b) => a.index - b.index).map((card) => card.maxENI);
    return `${JSON.stringify(name)}:${JSON.stringify([vcpus, memoryMiB(name, vcpus), hypervisor, type.ipv4Limit, cards, branches])}`;
  });
writeFileSync(outputPath, `{\n${rows.join(",\n")}\n}\n`);
