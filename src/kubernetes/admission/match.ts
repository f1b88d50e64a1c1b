// Rules and selectors by which webhooks and admission policies choose requests.
import { selectorOf } from "../api/label-selector.ts";
import type { KubeObject } from "../api/object.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { AdmissionRequest } from "./types.ts";

/** RuleWithOperations, with the names that policies may add. */
export interface MatchRule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
}

/** The selectors beside rules. */
export interface MatchSelectors {
  readonly namespaceSelector?: object;
  readonly objectSelector?: object;
}

const has = (list: readonly string[] | undefined, value: string) => list !== undefined && (list.includes(value) || list.includes("*"));

/** Whether one rule speaks of the request. */
export function ruleMatches(rule: MatchRule, request: AdmissionRequest): boolean {
  const { operation, group, version, namespace, resource, name } = request;
  if (!has(rule.operations, operation) || !has(rule.apiGroups, group) || !has(rule.apiVersions, version)) return false;
  if (rule.resourceNames?.length && !rule.resourceNames.includes(name)) return false;
  const namespaced = namespace !== "" && resource !== "namespaces";
  if (rule.scope === "Cluster" && namespaced) return false;
  if (rule.scope === "Namespaced" && !namespaced) return false;
  return (rule.resources ?? []).some((text) => resourceMatches(text, request));
}

/** Whether both selectors choose the request. */
export function selectorsMatch(selectors: MatchSelectors, request: AdmissionRequest, objects: ObjectStorage): boolean {
  const { namespaceSelector, objectSelector } = selectors;
  if (!isEmpty(namespaceSelector)) {
    const own = request.group === "" && request.resource === "namespaces";
    const labels = own ? (request.object ?? request.oldObject)?.metadata.labels : namespaceOf(request, objects)?.metadata.labels;
    if ((own || request.namespace) && !selectorOf(namespaceSelector)(labels)) return false;
  }
  if (isEmpty(objectSelector)) return true;
  const chosen = selectorOf(objectSelector);
  return [request.object, request.oldObject].some((each) => each?.metadata !== undefined && chosen(each.metadata.labels));
}

/** The namespace a request is in; undefined for cluster-scoped ones. */
export function namespaceOf(request: AdmissionRequest, objects: ObjectStorage): KubeObject | undefined {
  return request.namespace ? objects.get({ group: "", plural: "namespaces" }, "", request.namespace) : undefined;
}

const isEmpty = (selector: object | undefined): selector is undefined => !selector || Object.keys(selector).length === 0;

function resourceMatches(text: string, { resource, subresource }: AdmissionRequest): boolean {
  const [wanted, sub = ""] = text.split("/");
  if (text === "*/*") return true;
  if (wanted !== "*" && wanted !== resource) return false;
  return sub === "*" || sub === subresource;
}
