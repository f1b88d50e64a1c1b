// MutatingAdmissionPolicy: changes written in CEL, bound to requests and parameters (Kubernetes documentation, "Mutating Admission Policy").
import { cloneJson } from "../../api/json.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { failure, forbidden } from "../../api/status.ts";
import { anyType, type TypeNode } from "../../api/type-node.ts";
import type { Attributes, Verdict } from "../../auth/types.ts";
import type { ObjectStorage } from "../../storage/objects.ts";
import type { FindEquivalents } from "../equivalents.ts";
import { leavesObject, overwrite } from "../overwrite.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../types.ts";
import { policiesFor } from "./bindings.ts";
import { conditionsMatch } from "./conditions.ts";
import { compileMutation, type Mutation, mutated, mutationsOf } from "./mutations.ts";
import { type FindParams, paramsOf } from "./params.ts";
import { type CompiledVariable, policyScope } from "./policy.ts";

/** What a mutation needs to know of the kind it changes. */
export interface ServedKind {
  type(): TypeNode;
  applyDefaults(object: NewObject): void;
}

/** What mutating policies need of a server. `find` reads parameters, `kindOf` tells of what is served. */
export interface MutatingDeps {
  readonly objects: ObjectStorage;
  authorize(attributes: Attributes): Verdict;
  readonly find: FindParams;
  readonly equivalents: FindEquivalents;
  kindOf(apiVersion: string, kind: string): ServedKind | undefined;
}

interface Compiled {
  readonly mutations: readonly Mutation[];
  readonly variables: readonly CompiledVariable[];
}

/** Runs the stored policies: one after the other by name, each in its bindings' order. */
export function mutatingPolicies(deps: MutatingDeps): AdmissionPlugin {
  const compiled = new WeakMap<KubeObject, Compiled>();
  const compiledOf = (policy: KubeObject): Compiled => {
    let found = compiled.get(policy);
    if (!found) {
      found = { mutations: mutationsOf(policy.spec), variables: variablesOf(policy.spec) };
      compiled.set(policy, found);
    }
    return found;
  };
  return {
    name: "MutatingAdmissionPolicy",
    connections: true,
    mutate(request, rounds) {
      if (!request.object || request.operation === "DELETE") return;
      const turns = rounds?.of("policies");
      turns?.begin(request.object);
      const problems: string[] = [];
      for (const { policy, bindings, form } of policiesFor("mutating", request, deps.objects, deps.equivalents)) {
        for (const binding of bindings) {
          const strict = policy.spec.failurePolicy !== "Ignore";
          const failed = (why: string) => {
            if (strict) problems.push(`policy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${why}`);
          };
          const params = paramsOf(policy, binding, form.request, deps.find);
          if ("error" in params) {
            failed(`failed to configure binding: ${params.error}`);
            continue;
          }
          for (const param of params.values) {
            const matched = conditionsMatch(policy.spec.matchConditions ?? [], policyScope([], { ...deps, request: form.request, param }));
            if (matched !== true) {
              if (matched !== false) failed(matched.error);
              continue;
            }
            const place = `${policy.metadata.name}/${binding.metadata.name}/${param?.metadata.namespace ?? ""}/${param?.metadata.name ?? ""}`;
            if (turns?.isDue(place) === false) continue;
            const changed = carryOut(deps, compiledOf(policy), param, form.request, failed);
            if (changed && form.back) overwrite(request.object, form.back(cloneJson(form.request.object as NewObject)));
            turns?.asked(place, changed, policy.spec.reinvocationPolicy === "IfNeeded");
          }
        }
      }
      turns?.end(request.object);
      if (problems.length > 0) deny(problems, request);
    },
  };
}

function variablesOf(spec: any): CompiledVariable[] {
  return (spec?.variables ?? []).map((each: any) => ({ name: each.name, program: compileMutation(each.expression) }));
}

/** Carries out the mutations of a policy, each on what the one before it left; whether the object is another then. */
function carryOut(
  { objects, authorize, kindOf }: MutatingDeps,
  { mutations, variables }: Compiled,
  param: KubeObject | undefined,
  request: AdmissionRequest,
  failed: (why: string) => void,
): boolean {
  const object = request.object as NewObject;
  const kind = kindOf(object.apiVersion, object.kind);
  let changed = false;
  for (const mutation of mutations) {
    const scope = policyScope(variables, { request, param, objects, authorize });
    try {
      const next = mutated(object, mutation, kind?.type() ?? anyType, scope);
      if (!leavesObject(next, request)) throw new Error("the mutation does not leave an object");
      if (next !== object) kind?.applyDefaults(next);
      changed = overwrite(object, next) || changed;
    } catch (error) {
      failed((error as Error).message);
    }
  }
  return changed;
}

/** Throws for policies that could not do their work. */
function deny(problems: readonly string[], request: AdmissionRequest): never {
  const { status } = forbidden({ group: request.group, plural: request.resource }, request.name, "");
  throw failure(403, "Invalid", problems[0] as string, { ...status.details, causes: problems.map((message) => ({ message })) });
}
