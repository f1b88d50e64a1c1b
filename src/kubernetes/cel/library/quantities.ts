// Kubernetes' quantity functions for CEL.
import type { Environment } from "@marcbachmann/cel-js";
import { parseQuantity } from "../../schema/quantity.ts";

const nano = 1_000_000_000n;

/** A quantity in CEL. */
class CelQuantity {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

const compare = (a: CelQuantity, b: CelQuantity) => (a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n);

/** Registers quantity, isQuantity and what quantities answer. */
export function registerQuantities(environment: Environment): void {
  const of = (text: string) => {
    const parsed = parseQuantity(text);
    if (!parsed) throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    return new CelQuantity(parsed.nanos);
  };
  environment
    .registerType("Quantity", CelQuantity)
    .registerFunction("quantity(string): Quantity", of)
    .registerFunction("isQuantity(string): bool", (text: string) => parseQuantity(text) !== undefined)
    .registerFunction("Quantity.sign(): int", ({ nanos }: CelQuantity) => (nanos < 0n ? -1n : nanos > 0n ? 1n : 0n))
    .registerFunction("Quantity.isInteger(): bool", ({ nanos }: CelQuantity) => nanos % nano === 0n)
    .registerFunction("Quantity.asInteger(): int", ({ nanos }: CelQuantity) => {
      if (nanos % nano !== 0n) throw new Error("cannot convert value to integer");
      return nanos / nano;
    })
    .registerFunction("Quantity.asApproximateFloat(): double", ({ nanos }: CelQuantity) => Number(nanos) / 1e9)
    .registerFunction("Quantity.add(Quantity): Quantity", (a: CelQuantity, b: CelQuantity) => new CelQuantity(a.nanos + b.nanos))
    .registerFunction("Quantity.add(int): Quantity", (a: CelQuantity, b: bigint) => new CelQuantity(a.nanos + b * nano))
    .registerFunction("Quantity.sub(Quantity): Quantity", (a: CelQuantity, b: CelQuantity) => new CelQuantity(a.nanos - b.nanos))
    .registerFunction("Quantity.sub(int): Quantity", (a: CelQuantity, b: bigint) => new CelQuantity(a.nanos - b * nano))
    .registerFunction("Quantity.isGreaterThan(Quantity): bool", (a: CelQuantity, b: CelQuantity) => a.nanos > b.nanos)
    .registerFunction("Quantity.isLessThan(Quantity): bool", (a: CelQuantity, b: CelQuantity) => a.nanos < b.nanos)
    .registerFunction("Quantity.compareTo(Quantity): int", compare)
    .registerOperator("Quantity == Quantity", (a: CelQuantity, b: CelQuantity) => a.nanos === b.nanos);
}
