// The agent's credential cache: the same interface around another source (spec identity §3.5, cache).
import type { Clock, Timer } from "../../base/clock.ts";
import { CredentialsError, type CredentialsSource, type PodCredentials } from "./credentials-source.ts";

const MAX_ENTRIES = 2000;
const RENEWAL = 3 * 3600 * 1000;
/** Credentials closer to their end than this are not handed out. */
const MIN_REMAINING = 15_000;
const RETRY = 60_000;
const SWEEP = 60_000;
const IRRECOVERABLE = new Set(["ResourceNotFoundException", "ExpiredTokenException", "InvalidTokenException", "AccessDeniedException"]);

interface Entry {
  credentials: PodCredentials;
  refreshAt: number;
}

/** Keeps credentials by token, refreshes them before they end and forgets them when EKS Auth says so. */
export class CredentialsCache implements CredentialsSource {
  readonly #source: CredentialsSource;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #inFlight = new Map<string, Promise<PodCredentials>>();
  #sweeper: Timer | undefined;

  constructor(source: CredentialsSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  async credentials(token: string): Promise<PodCredentials> {
    const entry = this.#entries.get(token);
    if (entry && entry.credentials.expiration - this.#clock.now() > MIN_REMAINING) {
      // Least recently used first: a hit moves to the end.
      this.#entries.delete(token);
      this.#entries.set(token, entry);
      return entry.credentials;
    }
    return this.#fetch(token);
  }

  /** Stops refreshing. */
  close(): void {
    this.#sweeper?.cancel();
    this.#sweeper = undefined;
    this.#entries.clear();
  }

  #fetch(token: string): Promise<PodCredentials> {
    let pending = this.#inFlight.get(token);
    if (!pending) {
      pending = this.#source
        .credentials(token)
        .then((credentials) => this.#keep(token, credentials))
        .finally(() => this.#inFlight.delete(token));
      this.#inFlight.set(token, pending);
    }
    return pending;
  }

  #keep(token: string, credentials: PodCredentials): PodCredentials {
    const remaining = credentials.expiration - this.#clock.now();
    if (remaining <= MIN_REMAINING) {
      throw new Error(`fetched credentials are expired or will expire within the next ${MIN_REMAINING / 1000} seconds`);
    }
    this.#entries.delete(token);
    this.#entries.set(token, { credentials, refreshAt: this.#clock.now() + Math.min(remaining - MIN_REMAINING, RENEWAL) });
    if (this.#entries.size > MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value as string);
    this.#sweeper ??= this.#clock.after(SWEEP, () => this.#sweep());
    return credentials;
  }

  #sweep(): void {
    this.#sweeper = undefined;
    const now = this.#clock.now();
    for (const [token, entry] of this.#entries) {
      if (entry.refreshAt > now) continue;
      void this.#fetch(token).catch((error: unknown) => this.#onRefreshFailure(token, entry, error));
    }
    if (this.#entries.size > 0) this.#sweeper = this.#clock.after(SWEEP, () => this.#sweep());
  }

  #onRefreshFailure(token: string, entry: Entry, error: unknown): void {
    const lapsed = entry.credentials.expiration - this.#clock.now() <= MIN_REMAINING;
    if (lapsed || (error instanceof CredentialsError && IRRECOVERABLE.has(error.code))) this.#entries.delete(token);
    else entry.refreshAt = this.#clock.now() + RETRY;
  }
}
