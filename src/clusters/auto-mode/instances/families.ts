// Instance families that Auto Mode launches, and what their names say (spec eks-control-plane §16.4).

/** By the user guide's groups. */
const FAMILIES = new Set(
  `c8id c8i c8i-flex c8gd c8gn c8g c8a c8gb c7a c7g c7gn c7gd c7i c7i-flex c6a c6g c6i c6gn c6id c6in c6gd c5 c5a c5d c5ad c5n c4
   m8id m8i m8i-flex m8a m8azn m8gn m8gb m8gd m8g m7i m7a m7g m7gd m7i-flex m6a m6i m6in m6g m6idn m6id m6gd m5 m5a m5ad m5n m5dn m5d m5zn m4
   r8id r8i r8i-flex r8gn r8gb r8gd r8g r8a r7a r7iz r7gd r7i r7g r6a r6i r6id r6in r6idn r6g r6gd r5 r5n r5a r5dn r5b r5ad r5d r4
   t4g t3 t3a t2 z1d x8aedz x8g x8i x2gd i8ge i7i i8g i7ie i4g i4i i3 i3en is4gen d3 d3en im4gn
   p6-b200 p6-b300 p5 p5e p5en p4d p4de p3dn g7e g6 gr6 g6e g5g g5 g4dn g4ad inf2 inf1 trn1 trn1n trn2 hpc8a x2iezn x2iedn x2idn`
    .trim()
    .split(/\s+/),
);

/** GPUs of a family: counts by size, where they are not one. */
interface Gpus {
  readonly manufacturer: "nvidia" | "amd";
  readonly name: string;
  readonly memoryMiB: number;
  readonly counts: Readonly<Record<string, number>>;
}

const nvidia = (name: string, memoryMiB: number, counts: Gpus["counts"]): Gpus => ({ manufacturer: "nvidia", name, memoryMiB, counts });
const LARGE = { "12xlarge": 4, "24xlarge": 4, "48xlarge": 8 };

const GPUS: Readonly<Record<string, Gpus>> = {
  g4dn: nvidia("t4", 16_384, { "12xlarge": 4, metal: 8 }),
  g5: nvidia("a10g", 24_576, LARGE),
  g5g: nvidia("t4g", 16_384, { "16xlarge": 2, metal: 2 }),
  g6: nvidia("l4", 22_888, LARGE),
  gr6: nvidia("l4", 22_888, {}),
  g6e: nvidia("l40s", 45_776, LARGE),
  p3dn: nvidia("v100", 32_768, { "24xlarge": 8 }),
  p4d: nvidia("a100", 40_960, { "24xlarge": 8 }),
  p4de: nvidia("a100", 81_920, { "24xlarge": 8 }),
  p5: nvidia("h100", 81_920, { "48xlarge": 8 }),
  p5e: nvidia("h200", 144_384, { "48xlarge": 8 }),
  p5en: nvidia("h200", 144_384, { "48xlarge": 8 }),
  g4ad: { manufacturer: "amd", name: "radeon-pro-v520", memoryMiB: 8192, counts: { "8xlarge": 2, "16xlarge": 4 } },
};

/** Families whose accelerators are not in the table above: they would be taken for plain machines. */
const UNKNOWN_ACCELERATORS = /^(p6|g7|inf|trn)/;

/** What the name of a type says. */
export interface TypeName {
  readonly family: string;
  readonly size: string;
  readonly category: string;
  readonly generation: number;
  /** Letters after the generation: `gd`, `i-flex`. */
  readonly attributes: string;
  readonly manufacturer: "aws" | "amd" | "intel";
}

/** Takes a type's name apart; undefined if it does not look like one. */
export function typeName(name: string): TypeName | undefined {
  const match = /^(([a-z]+)(\d+)([a-z0-9-]*))\.(.+)$/.exec(name);
  if (!match) return undefined;
  const [, family = "", category = "", generation = "", attributes = "", size = ""] = match;
  const processor = attributes.replace(/-.*/, "");
  const manufacturer = processor.includes("g") ? "aws" : processor.startsWith("a") ? "amd" : "intel";
  return { family, size, category, generation: Number(generation), attributes, manufacturer };
}

/** Whether Auto Mode launches a type by its name; sizes below large are left out. */
export const isLaunched = ({ family, size }: TypeName): boolean =>
  FAMILIES.has(family) && !UNKNOWN_ACCELERATORS.test(family) && !/^(nano|micro|small)$/.test(size);

/** GPUs of a type; undefined if it has none. */
export function gpusOf({ family, size }: TypeName): { manufacturer: string; name: string; memoryMiB: number; count: number } | undefined {
  const gpus = Object.hasOwn(GPUS, family) ? GPUS[family] : undefined;
  return gpus && { manufacturer: gpus.manufacturer, name: gpus.name, memoryMiB: gpus.memoryMiB, count: gpus.counts[size] ?? 1 };
}

/** Families before the sixth generation whose network cards encrypt between instances (EC2 User Guide, "Encryption in transit"). */
const EARLY_ENCRYPTION =
  /^(c5a|c5ad|c5n|g4dn|g4ad|g5|i3en|m5dn|m5n|m5zn|p3dn|p4d|p4de|r5dn|r5n|d3|d3en|im4gn|is4gen|i4i|i4g|x2gd|x2idn|x2iedn|x2iezn)$/;

/** Whether traffic between instances of the family is encrypted. */
export const encryptsInTransit = ({ family, generation }: TypeName): boolean => generation >= 6 || EARLY_ENCRYPTION.test(family);
