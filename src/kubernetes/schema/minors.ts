// The minor versions of Kubernetes 1 that the schema table and the registry describe.

/** Oldest and newest. */
export const oldestMinor = 29;
export const newestMinor = 36;

/** The described minor nearest to a minor. */
export const nearestMinor = (minor: number): number => Math.min(newestMinor, Math.max(oldestMinor, minor));

/** The described minor of a server that reports `v1.33.8-eks-…`; the newest where the text names none. */
export const minorOf = (gitVersion: string): number => nearestMinor(Number(/^v?1\.(\d+)/.exec(gitVersion)?.[1] ?? newestMinor));
