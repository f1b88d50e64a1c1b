// Keeps the list of managers short: when more than ten have updated an object, the oldest become one, "ancient-changes".
import { union } from "./field-set.ts";
import { type Manager, sameManager } from "./managers.ts";

const most = 10;
const bucketName = "ancient-changes";

/** Merges the oldest updaters of a version into one per version until ten are left; a version's only updater stays as it is. */
export function capUpdaters(managers: readonly Manager[]): Manager[] {
  const updaters = managers.filter(({ operation }) => operation === "Update").sort(byAge);
  let kept = [...managers];
  let count = updaters.length;
  const firstOfVersion = new Map<string, Manager>();
  for (const updater of updaters) {
    if (count <= most) break;
    const first = firstOfVersion.get(updater.apiVersion);
    if (!first) {
      firstOfVersion.set(updater.apiVersion, updater);
      continue;
    }
    const identity: Manager = { ...updater, manager: bucketName, subresource: "" };
    const bucket = kept.find((each) => sameManager(each, identity)) ?? first;
    kept = kept.filter((each) => each !== bucket && each !== updater);
    kept.push({ ...identity, fields: union(bucket.fields, updater.fields) });
    count--;
  }
  return kept;
}

function byAge(a: Manager, b: Manager): number {
  const [x, y] = [a.time ?? "", b.time ?? ""];
  if (x !== y) return x < y ? -1 : 1;
  return a.manager < b.manager ? -1 : 1;
}
