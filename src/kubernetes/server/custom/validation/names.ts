// Names of a definition: what each may look like (apiextensions-apiserver, validation of CustomResourceDefinitionNames).
import { type FieldError, invalid } from "../../../api/field-error.ts";
import { dns1035Label } from "../../../api/names.ts";
import type { Names } from "./internal.ts";

/** Findings about names that are given; absent ones are no finding here. */
export function nameErrors(names: Names, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const check = (field: string, value: string | undefined, label = value, prefix = "") => {
    const problem = value ? dns1035Label(label as string) : undefined;
    if (problem) errors.push(invalid(`${path}.${field}`, value, prefix + problem));
  };
  const mixed = "may have mixed case, but should otherwise match: ";
  check("plural", names.plural);
  check("singular", names.singular);
  check("kind", names.kind, names.kind?.toLowerCase(), mixed);
  check("listKind", names.listKind, names.listKind?.toLowerCase(), mixed);
  errors.push(...labelErrors(names.shortNames, `${path}.shortNames`));
  if (names.kind && names.kind === names.listKind)
    errors.push(invalid(`${path}.listKind`, names.listKind, "kind and listKind may not be the same"));
  return [...errors, ...labelErrors(names.categories, `${path}.categories`)];
}

function labelErrors(labels: readonly string[] | undefined, path: string): FieldError[] {
  return (labels ?? []).flatMap((label, i) => {
    const problem = dns1035Label(label);
    return problem ? [invalid(`${path}[${i}]`, label, problem)] : [];
  });
}
