// Client tokens: a create call repeated with the same token and input answers with what the first one made.
import { createHash } from "node:crypto";
import { ec2Error } from "./errors.ts";
import type { Scope } from "./scope.ts";

/** Input without what may differ between attempts, as one canonical text. */
function digest(input: object): string {
  const canonical = (_: string, value: unknown): unknown =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash("sha256")
    .update(JSON.stringify({ ...input, DryRun: undefined }, canonical))
    .digest("hex");
}

/**
 * Runs `make` in one change and returns the ids it made; with a client token seen before, returns the earlier ids and makes nothing.
 * A token that comes back with another input is IdempotentParameterMismatch.
 */
export function once(
  scope: Scope,
  operation: string,
  input: { readonly ClientToken?: string | undefined },
  make: () => readonly string[],
): readonly string[] {
  const token = input.ClientToken;
  if (!token) return scope.change(make);
  const id = `${operation}/${createHash("sha256").update(token).digest("hex").slice(0, 32)}`;
  const seen = scope.get("token", id);
  if (seen) {
    if (seen.digest === digest(input)) return seen.results;
    throw ec2Error(
      "IdempotentParameterMismatch",
      `The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical`,
    );
  }
  return scope.change(() => {
    const results = make();
    scope.put("token", { id, tags: {}, digest: digest(input), results });
    return results;
  });
}
