// Kubernetes versions EKS offers, with their dates (Amazon EKS User Guide, Kubernetes release calendar; spec eks-control-plane §20).
import { patchVersion } from "../node-images.ts";

/** One minor version. Dates are `YYYY-MM-DD`, 00:00 UTC. */
export interface VersionFacts {
  readonly version: string;
  readonly released: string;
  readonly endOfStandardSupport: string;
  readonly endOfExtendedSupport: string;
  /** Newest platform version, the one new clusters get. */
  readonly platformVersion: string;
  readonly patchVersion: string;
}

/** The table, and which version CreateCluster takes by default. */
export interface VersionTable {
  readonly versions: readonly VersionFacts[];
  readonly default: string;
}

export type SupportPhase = "UNRELEASED" | "STANDARD_SUPPORT" | "EXTENDED_SUPPORT" | "UNSUPPORTED";

const row = (version: string, released: string, standard: string, extended: string, platform: number): VersionFacts => ({
  version,
  released,
  endOfStandardSupport: standard,
  endOfExtendedSupport: extended,
  platformVersion: `eks.${platform}`,
  patchVersion: patchVersion(version),
});

// The date of 1.36 is not in the sources at hand: it is placed 14 and 26 months before the ends its siblings' rhythm gives.
export const VERSIONS: VersionTable = {
  default: "1.34",
  versions: [
    row("1.29", "2024-01-23", "2025-03-23", "2026-03-23", 61),
    row("1.30", "2024-05-23", "2025-07-23", "2026-07-23", 58),
    row("1.31", "2024-09-26", "2025-11-26", "2026-11-26", 56),
    row("1.32", "2025-01-23", "2026-03-23", "2027-03-23", 40),
    row("1.33", "2025-05-29", "2026-07-29", "2027-07-29", 33),
    row("1.34", "2025-10-02", "2026-12-02", "2027-12-02", 19),
    row("1.35", "2026-01-27", "2027-03-27", "2028-03-27", 9),
    row("1.36", "2026-06-02", "2027-08-02", "2028-08-02", 4),
  ],
};

const midnight = (date: string) => Date.parse(`${date}T00:00:00Z`);

/** Minor number: `1.34` → 34. NaN for anything else. */
export const minor = (version: string) => (/^1\.\d{1,3}$/.test(version) ? Number(version.slice(2)) : Number.NaN);

/** In which support phase a version is at `now` (epoch milliseconds). Phases switch at 00:00 UTC of the end date. */
export function supportPhase(facts: VersionFacts, now: number): SupportPhase {
  if (now < midnight(facts.released)) return "UNRELEASED";
  if (now < midnight(facts.endOfStandardSupport)) return "STANDARD_SUPPORT";
  if (now < midnight(facts.endOfExtendedSupport)) return "EXTENDED_SUPPORT";
  return "UNSUPPORTED";
}

export const findVersion = (table: VersionTable, version: string) => table.versions.find((facts) => facts.version === version);

/** A version in standard or extended support at `now`, or undefined. */
export function supportedVersion(table: VersionTable, version: string, now: number): VersionFacts | undefined {
  const facts = findVersion(table, version);
  const phase = facts && supportPhase(facts, now);
  return phase === "STANDARD_SUPPORT" || phase === "EXTENDED_SUPPORT" ? facts : undefined;
}

/** Default version at `now`: the table's, or the newest supported one should that no longer (or not yet) be supported. */
export function defaultVersion(table: VersionTable, now: number): VersionFacts | undefined {
  const supported = table.versions.filter((facts) => supportedVersion(table, facts.version, now));
  return supported.find((facts) => facts.version === table.default) ?? supported[supported.length - 1];
}
