// Random requests to one object: server-side apply by several managers, updates and patches by others.
import fc from "fast-check";

/** What can be tried on an object; `configuration` and `change` are whole or partial objects without name and kind. */
export type Step =
  | { readonly verb: "apply"; readonly manager: string; readonly force: boolean; readonly configuration: object }
  | { readonly verb: "update"; readonly manager: string; readonly configuration: object }
  | { readonly verb: "patch"; readonly manager: string; readonly type: "merge" | "strategic-merge"; readonly change: object }
  | { readonly verb: "delete" };

/** A kind to try: where its objects live, and what they may look like. */
export interface Subject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Path of its collection. */
  readonly path: string;
  readonly isBuiltIn: boolean;
  /** A valid whole object's members besides apiVersion, kind and metadata.name. */
  readonly whole: fc.Arbitrary<object>;
  /** What an apply configuration says: any part of it. */
  readonly part: fc.Arbitrary<object>;
}

/** Steps on an object of the subject; deletion is rare. */
export function stepsOf(subject: Subject): fc.Arbitrary<Step[]> {
  const applier = fc.constantFrom("ann", "ben", "cat");
  const updater = fc.constantFrom("kim", "lee");
  const types = subject.isBuiltIn ? (["merge", "strategic-merge"] as const) : (["merge"] as const);
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        verb: fc.constant("apply" as const),
        manager: applier,
        force: fc.boolean(),
        configuration: fc.oneof({ weight: 4, arbitrary: subject.part }, { weight: 1, arbitrary: subject.whole }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ verb: fc.constant("update" as const), manager: updater, configuration: subject.whole }) },
    {
      weight: 3,
      arbitrary: fc.record({
        verb: fc.constant("patch" as const),
        manager: updater,
        type: fc.constantFrom(...types),
        change: subject.part,
      }),
    },
    { weight: 1, arbitrary: fc.constant({ verb: "delete" as const }) },
  );
  return fc.array(step, { minLength: 2, maxLength: 12 });
}

/** A map with some of the keys. */
export const some = <T>(keys: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] }) as fc.Arbitrary<Record<string, T>>;

/** A list of some of the items by key, each once, in any order. */
export const keyed = <T extends object>(
  keys: readonly string[],
  item: (key: string) => fc.Arbitrary<T>,
  minLength = 0,
): fc.Arbitrary<T[]> => fc.shuffledSubarray([...keys], { minLength }).chain((chosen) => fc.tuple(...chosen.map(item)) as fc.Arbitrary<T[]>);
