// Paths of fields as server-side apply names them in conflicts: `.spec.containers[name="a"].image`.

/** One step: a member, the list item with these keys, or the set item of this value. */
type Step = { readonly member: string } | { readonly keys: Readonly<Record<string, unknown>> } | { readonly item: unknown };

/**
 * Reads a path against the object it is about: member names may contain dots, so the longest that the object has is taken.
 * Undefined if the path leads to nothing there.
 */
function steps(object: unknown, path: string): Step[] | undefined {
  if (path === "") return [];
  const step = path.startsWith(".") ? memberStep(object, path) : itemStep(path);
  if (!step) return undefined;
  const rest = steps(follow(object, step.step), path.slice(step.length));
  return rest && [step.step, ...rest];
}

function memberStep(object: unknown, path: string): { step: Step; length: number } | undefined {
  if (typeof object !== "object" || object === null) return undefined;
  const fits = (name: string) => path.startsWith(`.${name}`) && /^($|[.[])/.test(path.slice(name.length + 1));
  const member = Object.keys(object)
    .filter(fits)
    .sort((a, b) => b.length - a.length)[0];
  return member === undefined ? undefined : { step: { member }, length: member.length + 1 };
}

const ITEM = /^\[((?:"(?:[^"\\]|\\.)*"|[^"\]])*)\]/;
const KEY = /(\w+)=("(?:[^"\\]|\\.)*"|[^,]+)/g;

function itemStep(path: string): { step: Step; length: number } | undefined {
  const [whole, body = ""] = ITEM.exec(path) ?? [];
  if (!whole) return undefined;
  if (body.startsWith("=")) return { step: { item: JSON.parse(body.slice(1)) }, length: whole.length };
  const keys = Object.fromEntries([...body.matchAll(KEY)].map(([, key, value]) => [key, JSON.parse(value!)]));
  return { step: { keys }, length: whole.length };
}

function follow(object: any, step: Step): unknown {
  if ("member" in step) return object?.[step.member];
  return Array.isArray(object) ? object[indexOf(object, step)] : undefined;
}

/** Keys that an item leaves to their default (a port's protocol) do not count. */
const indexOf = (list: readonly any[], step: Exclude<Step, { member: string }>) =>
  list.findIndex((each) =>
    "item" in step
      ? JSON.stringify(each) === JSON.stringify(step.item)
      : Object.entries(step.keys).every(([key, value]) => each?.[key] === undefined || each[key] === value),
  );

/** The value at a path; undefined if there is none. */
export function valueAt(object: unknown, path: string): unknown {
  return steps(object, path)?.reduce<unknown>(follow, object);
}

/** Takes the field at a path out of the object, which is changed; false if there is none. */
export function removeAt(object: unknown, path: string): boolean {
  const found = steps(object, path);
  const last = found?.at(-1);
  if (!found || !last) return false;
  const parent: any = found.slice(0, -1).reduce<unknown>(follow, object);
  if ("member" in last) return delete parent[last.member];
  const index = indexOf(parent, last);
  if (index >= 0) parent.splice(index, 1);
  return index >= 0;
}
