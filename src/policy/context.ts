// Condition keys of one request, looked up without regard to case.
import type { Conditions, ConditionValue } from "../aws/operation.ts";

/** Values of condition keys. Key names are case-insensitive (IAM User Guide, condition keys). */
export class RequestContext {
  readonly #conditions: Conditions;
  #byKey: Map<string, readonly string[]> | undefined;

  constructor(conditions: Conditions) {
    this.#conditions = conditions;
  }

  /** All values of a key given in lower case; undefined if the request does not have it. An empty list counts as absent. */
  values(lowerKey: string): readonly string[] | undefined {
    if (!this.#byKey) {
      this.#byKey = new Map();
      for (const [key, value] of Object.entries(this.#conditions)) {
        const values = value === undefined ? [] : listOf(value);
        if (values.length > 0) this.#byKey.set(key.toLowerCase(), values);
      }
    }
    return this.#byKey.get(lowerKey);
  }

  /** The value of a single-valued key; undefined if absent or many. */
  single(lowerKey: string): string | undefined {
    const values = this.values(lowerKey);
    return values?.length === 1 ? values[0] : undefined;
  }
}

function listOf(value: ConditionValue): readonly string[] {
  return Array.isArray(value) ? value : [String(value)];
}
