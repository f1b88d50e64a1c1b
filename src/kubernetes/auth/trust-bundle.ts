// Certificates of authorities that are trusted, and that may be others while everything runs.

/** PEM certificates, one after another. */
export interface TrustBundle {
  readonly pem: string;
  /** Calls `listener` after every change. */
  watch(listener: () => void): { close(): void };
}

/** A bundle that can be replaced. */
export class LiveTrustBundle implements TrustBundle {
  readonly #listeners = new Set<() => void>();
  #pem: string;

  constructor(pem: string) {
    this.#pem = pem;
  }

  get pem(): string {
    return this.#pem;
  }

  replace(pem: string): void {
    if (pem === this.#pem) return;
    this.#pem = pem;
    for (const listener of this.#listeners) listener();
  }

  watch(listener: () => void): { close(): void } {
    this.#listeners.add(listener);
    return { close: () => void this.#listeners.delete(listener) };
  }
}

/** A bundle; text is one that never changes. */
export const asTrustBundle = (bundle: string | TrustBundle): TrustBundle =>
  typeof bundle === "string" ? new LiveTrustBundle(bundle) : bundle;

/** The certificates of a bundle, each as PEM. */
export const certificatesOf = (pem: string): string[] => pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
