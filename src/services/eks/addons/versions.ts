// Version strings of add-ons: `v1.20.4-eksbuild.2`.

/** Major, minor, patch and build; missing parts are 0. */
export function versionParts(version: string): [major: number, minor: number, patch: number, build: number] {
  const [, major, minor, patch, build] = /^v(\d+)\.(\d+)\.(\d+)(?:-eksbuild\.(\d+))?$/.exec(version) ?? [];
  return [Number(major ?? 0), Number(minor ?? 0), Number(patch ?? 0), Number(build ?? 0)];
}

/** Negative if `a` is older than `b`, positive if newer, 0 if equal. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionParts(a), versionParts(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at === -1 ? 0 : left[at]! - right[at]!;
}

/** Whether `version` is `floor` or newer; no floor holds for every version. */
export const atLeast = (version: string, floor: string | undefined): boolean => floor === undefined || compareVersions(version, floor) >= 0;
