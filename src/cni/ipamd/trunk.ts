// Which instance types can carry a trunk interface, as the CNI judges them (spec vpc-cni §0).

const FAMILIES = new Set("c1 c3 c4 d2 f1 h1 i2 i3 m1 m2 m3 m4 p3 r3 r4 t1 t2 t3 t3a t4g x1 x1e".split(" "));
const TYPES = new Set(["i4i.large"]);

/** Whether the CNI keeps a slot for a trunk on the type. A type it does not know counts as capable. */
export function isTrunkCapable(type: string): boolean {
  return !FAMILIES.has(type.split(".")[0] ?? "") && !TYPES.has(type) && !type.startsWith("u-6tb1.");
}
