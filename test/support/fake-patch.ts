// Merge patches for the fake API: RFC 7386, and as much of the strategic kind as controllers and kubelets send.

const mergeKeys: Record<string, string> = { conditions: "type", podIPs: "ip", hostIPs: "ip", addresses: "type", ownerReferences: "uid" };

/** RFC 7386. */
export function mergePatch(target: any, patch: any): any {
  return merge(target, patch, false);
}

/** Merges the lists a status carries by their keys; honours `$patch: delete` and `$patch: replace`. */
export function strategicPatch(target: any, patch: any): any {
  return merge(target, patch, true);
}

function merge(target: any, patch: any, lists: boolean, name = ""): any {
  const key = mergeKeys[name];
  if (lists && key && Array.isArray(patch) && Array.isArray(target)) return mergeList(target, patch, key);
  if (!patch || typeof patch !== "object" || Array.isArray(patch)) return structuredClone(patch);
  const result: any = target && typeof target === "object" && !Array.isArray(target) ? { ...target } : {};
  for (const [member, value] of Object.entries(patch)) {
    if (member.startsWith("$")) continue;
    if (value === null) delete result[member];
    else result[member] = merge(result[member], value, lists, member);
  }
  return result;
}

function mergeList(target: any[], patch: any[], key: string): any[] {
  const result = [...target];
  for (const item of patch) {
    const at = result.findIndex((other) => other[key] === item[key]);
    if (item.$patch === "delete") {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = merge(result[at], item, true);
    else result.push(structuredClone(item));
  }
  return result;
}
