// Pieces of text that several tables share: labels, selectors, containers, lists with a limit.

type Labels = Readonly<Record<string, string>> | undefined | null;

/** `a=1,b=2`, or `<none>`. */
export function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort();
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}

/** A label selector in kubectl's syntax, requirements ordered by key; "" when it selects everything or nothing. */
export function selectorText(selector: any): string {
  const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }));
  const rules = (selector?.matchExpressions ?? []).map(({ key, operator, values }: any) => {
    const set = `(${[...(values ?? [])].sort().join(",")})`;
    if (operator === "In") return { key, text: `${key} in ${set}` };
    if (operator === "NotIn") return { key, text: `${key} notin ${set}` };
    return { key, text: operator === "DoesNotExist" ? `!${key}` : `${key}` };
  });
  return [...equal, ...rules]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(",");
}

/** A label selector, `<none>` when empty. */
export function formatSelector(selector: unknown): string {
  return selectorText(selector) || "<none>";
}

/** The names and the images of a pod template's containers, each joined by commas. */
export function containerCells(podSpec: any): [names: string, images: string] {
  const containers: any[] = podSpec?.containers ?? [];
  return [containers.map(({ name }) => name).join(","), containers.map(({ image }) => image ?? "").join(",")];
}

/** Up to three items, then ` + n more...`. */
export function atMostThree(items: readonly string[], empty: string): string {
  if (items.length === 0) return empty;
  const shown = items.slice(0, 3).join(",");
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}

const modes: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

/** Volume access modes abbreviated, in kubectl's order and without repetition. */
export function accessModes(list: readonly string[] | undefined): string {
  return ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]
    .filter((mode) => list?.includes(mode))
    .map((mode) => modes[mode])
    .join(",");
}

/** `True`, `False`, or `<unset>`. */
export function boolText(value: boolean | undefined | null): string {
  return value === undefined || value === null ? "<unset>" : value ? "True" : "False";
}
