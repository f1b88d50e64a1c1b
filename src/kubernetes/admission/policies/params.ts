// The parameters a binding names for its policy.
import { selectorOf } from "../../api/label-selector.ts";
import type { KubeObject } from "../../api/object.ts";
import type { AdmissionRequest } from "../types.ts";

/** Reads objects of a kind, all namespaces when `namespace` is "". Undefined: the kind is not served. */
export type FindParams = (
  apiVersion: string,
  kind: string,
  namespace: string,
) => { objects: KubeObject[]; namespaced: boolean } | undefined;

/** Every parameter object the validations are to run with; one `undefined` where a policy takes none. */
export function paramsOf(
  policy: KubeObject,
  binding: KubeObject,
  request: AdmissionRequest,
  find: FindParams,
): { readonly values: readonly (KubeObject | undefined)[] } | { readonly error: string } {
  const { paramKind } = policy.spec;
  const { paramRef } = binding.spec;
  if (!paramKind) return { values: [undefined] };
  if (!paramRef) return { values: [undefined] };
  const served = find(paramKind.apiVersion, paramKind.kind, "");
  if (!served) return { error: `failed to find resource referenced by paramKind: '${paramKind.apiVersion}, Kind=${paramKind.kind}'` };
  const namespace = served.namespaced ? paramRef.namespace || request.namespace : "";
  if (served.namespaced && !namespace)
    return { error: "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources" };
  const here = served.objects.filter((each) => (each.metadata.namespace ?? "") === namespace);
  const selected = paramRef.name
    ? here.filter((each) => each.metadata.name === paramRef.name)
    : here.filter((each) => selectorOf(paramRef.selector ?? {})(each.metadata.labels));
  if (selected.length > 0) return { values: selected };
  if (paramRef.parameterNotFoundAction === "Allow") return { values: [] };
  return { error: "no params found for policy binding with `Deny` parameterNotFoundAction" };
}
