// Defaulting: walks an object along its Go type and fills in what Kubernetes fills in, in the order Kubernetes does.
import { type Field, type StructType, schemaOf, type TypeRef } from "../types.ts";
import { clusterDefaults } from "./cluster.ts";
import { coreDefaults } from "./core.ts";
import { podDefaults } from "./pods.ts";
import type { Defaulter, Json } from "./rule.ts";
import { workloadDefaults } from "./workloads.ts";

const defaulters: ReadonlyMap<string, Defaulter> = new Map(
  Object.entries({ ...podDefaults, ...coreDefaults, ...workloadDefaults, ...clusterDefaults }),
);

/** What defaulting a struct takes: its function, its fields' declared defaults, and the fields worth descending into. */
interface Plan {
  readonly own: Defaulter | undefined;
  readonly declared: readonly Field[];
  descend: readonly Field[];
}

const plans = new Map<StructType, Plan | undefined>();

function structIn(type: TypeRef): StructType | undefined {
  if (type.kind === "struct") return type.struct;
  if (type.kind === "list") return structIn(type.item);
  return type.kind === "map" ? structIn(type.value) : undefined;
}

/** The plan of a struct; undefined when neither it nor anything below it has defaults. */
function planOf(struct: StructType, open: Set<StructType> = new Set()): Plan | undefined {
  if (plans.has(struct)) return plans.get(struct);
  if (open.has(struct)) return undefined;
  open.add(struct);
  const fields = [...struct.fields.values()];
  const plan: Plan = {
    own: defaulters.get(struct.name),
    // A declared zero value of a field that JSON leaves out when empty changes nothing.
    declared: fields.filter(
      (field) => field.initial !== undefined && !field.dropped && !(field.initial === "" && field.omitEmpty && !field.pointer),
    ),
    descend: fields.filter((field) => {
      const inner = structIn(field.type);
      return inner !== undefined && planOf(inner, open) !== undefined;
    }),
  };
  const useful = plan.own || plan.declared.length > 0 || plan.descend.length > 0 ? plan : undefined;
  plans.set(struct, useful);
  return useful;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function descend(type: TypeRef, value: unknown): void {
  if (type.kind === "struct") {
    if (isObject(value)) defaultStruct(type.struct, value);
  } else if (type.kind === "list") {
    if (Array.isArray(value)) for (const item of value) descend(type.item, item);
  } else if (type.kind === "map" && isObject(value)) for (const member of Object.values(value)) descend(type.value, member);
}

/** Fills in a value of a struct, in place. */
export function defaultStruct(struct: StructType, value: Json): void {
  const plan = planOf(struct);
  if (!plan) return;
  plan.own?.(value, struct);
  for (const { name, pointer, initial } of plan.declared) {
    const present = value[name];
    if (present === undefined || present === null || (!pointer && present === "")) value[name] = structuredClone(initial);
  }
  for (const { name, type } of plan.descend) if (value[name] !== undefined) descend(type, value[name]);
}

/**
 * Fills in the defaults of a built-in kind, in place: Kubernetes' SetDefaults functions and `+default` markers, and what its conversions
 * add that clients can see (`serviceAccount`, `stringData`, claim templates' kinds). Other kinds are left alone.
 * The object must decode into its type (checkFields).
 */
export function applyDefaults(apiVersion: string, kind: string, object: Json): void {
  const struct = schemaOf(apiVersion, kind);
  if (struct) defaultStruct(struct, object);
}
