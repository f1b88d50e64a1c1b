// Kubernetes' list functions and CEL's sets extension.
import type { Environment } from "@marcbachmann/cel-js";
import { equalValues } from "../values.ts";

type Ordered = bigint | number | string | boolean | Date;

const before = (a: unknown, b: unknown) => (a as Ordered) < (b as Ordered);

class Sets {}

/** Registers isSorted, sum, min, max, indexOf and lastIndexOf of lists, and `sets`. */
export function registerLists(environment: Environment): void {
  const extreme = (list: unknown[], better: (a: unknown, b: unknown) => boolean, name: string) => {
    if (list.length === 0) throw new Error(`${name} called on empty list`);
    return list.reduce((best, each) => (better(each, best) ? each : best));
  };
  environment
    .registerFunction("list.isSorted(): bool", (list: unknown[]) => list.every((each, i) => i === 0 || !before(each, list[i - 1])))
    .registerFunction("list.sum(): dyn", (list: any[]) => (list.length === 0 ? 0n : list.reduce((total, each) => total + each)))
    .registerFunction("list.min(): dyn", (list: unknown[]) => extreme(list, before, "min"))
    .registerFunction("list.max(): dyn", (list: unknown[]) => extreme(list, (a, b) => before(b, a), "max"))
    .registerFunction("list.indexOf(dyn): int", (list: unknown[], wanted: unknown) =>
      BigInt(list.findIndex((each) => equalValues(each, wanted))),
    )
    .registerFunction("list.lastIndexOf(dyn): int", (list: unknown[], wanted: unknown) =>
      BigInt(list.findLastIndex((each) => equalValues(each, wanted))),
    );
  const includes = (list: unknown[], wanted: unknown) => list.some((each) => equalValues(each, wanted));
  const contains = (a: unknown[], b: unknown[]) => b.every((each) => includes(a, each));
  environment
    .registerType("Sets", Sets)
    .registerConstant("sets", "Sets", new Sets())
    .registerFunction("Sets.contains(list, list): bool", (_sets: Sets, a: unknown[], b: unknown[]) => contains(a, b))
    .registerFunction("Sets.equivalent(list, list): bool", (_sets: Sets, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a))
    .registerFunction("Sets.intersects(list, list): bool", (_sets: Sets, a: unknown[], b: unknown[]) =>
      b.some((each) => includes(a, each)),
    );
}
