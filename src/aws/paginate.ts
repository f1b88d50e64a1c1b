// Pages of lists. Tokens are opaque, name the place by the last item's key, and belong to one operation with one set of parameters.
import { createHmac, timingSafeEqual } from "node:crypto";

/** One page. Absent `nextToken`: the list ends here. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken?: string;
}

/** What to take from a list. */
export interface PageRequest {
  /** At most this many items. */
  readonly limit: number;
  /** Token of the previous page, as the caller sent it. */
  readonly token: string | undefined;
  /** Whatever must be the same on every page: account, region, operation and parameters other than the token and the limit. */
  readonly scope: unknown;
  /** Makes the service's own error for a bad token. */
  readonly badToken: () => Error;
}

const DIGEST_BYTES = 16;

/** Opaque tokens; `secret` keeps callers from making their own. Tokens outlive a restart if the secret does. */
export class Pager {
  readonly #secret: string | Uint8Array;

  constructor(secret: string | Uint8Array) {
    this.#secret = secret;
  }

  /**
   * The page of `sorted` that `request` asks for. `key` names an item's place: unique, and in the order of the list by `<`. The item named
   * in a token may be gone; the page then begins after where it was.
   */
  page<T>(sorted: readonly T[], key: (item: T) => string, { limit, token, scope, badToken }: PageRequest): Page<T> {
    let start = 0;
    if (token !== undefined) {
      const after = this.#open(token, scope);
      if (after === undefined) throw badToken();
      const at = sorted.findIndex((item) => key(item) === after);
      start = at >= 0 ? at + 1 : sorted.findIndex((item) => key(item) > after);
      if (start < 0) start = sorted.length;
    }
    const items = sorted.slice(start, start + limit);
    const last = items.at(-1);
    if (last === undefined || start + limit >= sorted.length) return { items };
    return { items, nextToken: this.#seal(key(last), scope) };
  }

  #digest(after: string, scope: unknown): Buffer {
    return createHmac("sha256", this.#secret)
      .update(`${stable(scope)}\n${after}`)
      .digest()
      .subarray(0, DIGEST_BYTES);
  }

  #seal(after: string, scope: unknown): string {
    return Buffer.concat([this.#digest(after, scope), Buffer.from(after, "utf8")]).toString("base64url");
  }

  #open(token: string, scope: unknown): string | undefined {
    if (!/^[A-Za-z0-9_-]{22,4096}$/.test(token)) return undefined;
    const bytes = Buffer.from(token, "base64url");
    const after = bytes.subarray(DIGEST_BYTES).toString("utf8");
    return timingSafeEqual(bytes.subarray(0, DIGEST_BYTES), this.#digest(after, scope)) ? after : undefined;
  }
}

/** JSON with sorted keys, without undefined members. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item) && !(item instanceof Date)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
