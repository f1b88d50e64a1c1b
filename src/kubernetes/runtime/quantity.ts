// Resource quantities (`100m`, `1536Mi`, `4`) as numbers of thousandths, and sums of them.

const suffixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const parsed = new Map<string, number>();

/** Thousandths in a quantity, rounded up as the resource accounting does. Malformed text counts as 0: the API refuses it before. */
export function milli(quantity: string | number | undefined): number {
  if (quantity === undefined) return 0;
  const text = String(quantity);
  let value = parsed.get(text);
  if (value === undefined) {
    value = parseMilli(text);
    if (parsed.size > 10_000) parsed.clear();
    parsed.set(text, value);
  }
  return value;
}

function parseMilli(text: string): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E))?$/.exec(text);
  if (!match) return 0;
  if (match[2]) return Math.ceil(Number(match[1] + match[2]) * 1000);
  return Math.ceil(Number((Number(match[1]) * suffixes[match[3] ?? ""]! * 1000).toPrecision(15)));
}

/** Whole units, rounded up (`Quantity.Value()`). */
export function units(quantity: string | number | undefined): number {
  return Math.ceil(milli(quantity) / 1000);
}

/** Canonical text of an amount: binary suffixes for byte counts where they divide, thousandths for cpu. */
export function formatQuantity(resource: string, thousandths: number): string {
  if (thousandths % 1000 !== 0) return `${thousandths}m`;
  const whole = thousandths / 1000;
  if (!/memory|storage|hugepages/.test(resource) || whole === 0) return String(whole);
  for (const suffix of ["Ei", "Pi", "Ti", "Gi", "Mi", "Ki"]) {
    const size = suffixes[suffix]!;
    if (whole % size === 0) return `${whole / size}${suffix}`;
  }
  return String(whole);
}
