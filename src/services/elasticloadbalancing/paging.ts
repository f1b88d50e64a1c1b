// Marker and PageSize.
import type { Call } from "../../aws/operation.ts";
import type { ElbDeps } from "./deps.ts";
import { invalid } from "./errors.ts";

interface PageInput {
  readonly PageSize?: number | undefined;
  readonly Marker?: string | undefined;
}

/** One page of `all` in order of ARN. Throws ValidationError for a marker that is none. */
export function pageOf<T extends { readonly arn: string }>(
  all: readonly T[],
  input: PageInput,
  call: Call,
  { pager }: Pick<ElbDeps, "pager">,
): { readonly items: readonly T[]; readonly NextMarker: string | undefined } {
  const { PageSize = 400, Marker, ...others } = input;
  const sorted = [...all].sort((a, b) => (a.arn < b.arn ? -1 : 1));
  const { items, nextToken } = pager.page(sorted, ({ arn }) => arn, {
    limit: PageSize,
    token: Marker,
    scope: [call.account, call.region, others],
    badToken: () => invalid("Invalid pagination marker"),
  });
  return { items, NextMarker: nextToken };
}
