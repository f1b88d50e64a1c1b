// Quantities (`100m`, `1.5Gi`, `2e3`): exact arithmetic and Kubernetes' canonical form.

/** What Go's ParseQuantity accepts. */
export const quantityPattern = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?$/;

const decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const nano = 1_000_000_000n;

type Format = "decimal" | "binary" | "exponent";

/** A parsed quantity: its value in billionths, rounded away from zero as Go does, and the notation it was written in. */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: Format;
}

function power(base: bigint, exponent: number): bigint {
  return base ** BigInt(exponent);
}

/** Reads a quantity; undefined if the text is none. Numbers are taken by their JSON text. */
export function parseQuantity(value: string | number): Quantity | undefined {
  const match = quantityPattern.exec(String(value));
  if (!match) return undefined;
  const [, sign, digits = "0", suffix = ""] = match;
  const [whole = "", fraction = ""] = digits.split(".");
  let numerator = BigInt(`${whole}${fraction}` || "0");
  let denominator = power(10n, fraction.length);
  let format: Format = "decimal";
  const binary = binarySuffixes.indexOf(suffix);
  const decimal = decimalSuffixes.indexOf(suffix);
  if (binary > 0) {
    format = "binary";
    numerator *= power(1024n, binary);
  } else if (decimal >= 0) {
    if (decimal >= 3) numerator *= power(1000n, decimal - 3);
    else denominator *= power(1000n, 3 - decimal);
  } else {
    format = "exponent";
    const exponent = Number(suffix.slice(1));
    if (Math.abs(exponent) > 100) return undefined;
    if (exponent >= 0) numerator *= power(10n, exponent);
    else denominator *= power(10n, -exponent);
  }
  const scaled = numerator * nano;
  const nanos = scaled / denominator + (scaled % denominator === 0n ? 0n : 1n);
  return { nanos: sign === "-" ? -nanos : nanos, format };
}

function decimalText(nanos: bigint, exponentForm: boolean): string {
  let mantissa = nanos;
  let index = 0;
  while (index < decimalSuffixes.length - 1 && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    index++;
  }
  if (!exponentForm) return `${mantissa}${decimalSuffixes[index]}`;
  const exponent = (index - 3) * 3;
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
}

/**
 * The canonical text: the largest suffix that keeps a whole number, in the notation of the input (`1024Mi` → `1Gi`, `0.5` → `500m`).
 * Binary notation is given up for decimal when the value is a fraction or below 1024, as Go does.
 */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return "0";
  if (format === "binary") {
    const magnitude = nanos < 0n ? -nanos : nanos;
    if (nanos % nano !== 0n || magnitude < 1024n * nano) return decimalText(nanos, false);
    let mantissa = nanos / nano;
    let index = 0;
    while (index < binarySuffixes.length - 1 && mantissa % 1024n === 0n) {
      mantissa /= 1024n;
      index++;
    }
    return `${mantissa}${binarySuffixes[index]}`;
  }
  return decimalText(nanos, format === "exponent");
}

/** Canonical text of a quantity as clients write it; the input itself if it is none. */
export function canonicalQuantity(value: string | number): string {
  if (value === "") return "0";
  const quantity = parseQuantity(value);
  return quantity ? formatQuantity(quantity) : String(value);
}
