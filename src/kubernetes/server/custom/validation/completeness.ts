// Members that value validations speak of must be declared by the schema itself.
import { type FieldError, required } from "../../../api/field-error.ts";
import type { Schema } from "../schema.ts";

/** Findings about a schema's allOf, anyOf, oneOf and not. */
export function completenessErrors(schema: Schema, path: string): FieldError[] {
  return junctionErrors(schema, schema, path, path);
}

/** `values` stands at `from` and restricts what `schema` at `path` declares. */
function junctionErrors(values: Schema, schema: Schema, path: string, from: string): FieldError[] {
  const errors: FieldError[] = [];
  if (values.not) errors.push(...nestedErrors(values.not, schema, path, `${from}.not`));
  for (const junction of ["allOf", "anyOf", "oneOf"]) {
    for (const [i, each] of ((values[junction] ?? []) as Schema[]).entries())
      errors.push(...nestedErrors(each, schema, path, `${from}.${junction}[${i}]`));
  }
  return errors;
}

function nestedErrors(values: Schema, schema: Schema | undefined, path: string, from: string): FieldError[] {
  if (!schema) return [required(path, `because it is defined in ${from}`)];
  const errors = junctionErrors(values, schema, path, from);
  if (values.items) errors.push(...nestedErrors(values.items, schema.items, `${path}.items`, `${from}.items`));
  for (const [name, member] of Object.entries((values.properties ?? {}) as Record<string, Schema>)) {
    const declared = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties[name] : undefined;
    errors.push(...nestedErrors(member, declared, `${path}.properties[${name}]`, `${from}.properties[${name}]`));
  }
  return errors;
}
