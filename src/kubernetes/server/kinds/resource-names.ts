// Names of resources in limits, quotas and overheads.
import { type FieldError, invalid } from "../../api/field-error.ts";
import { qualifiedKey } from "../../api/names.ts";

const containers = ["cpu", "memory", "ephemeral-storage"];
const counts =
  "pods resourcequotas services replicationcontrollers secrets configmaps persistentvolumeclaims services.nodeports services.loadbalancers".split(
    " ",
  );
const computed = [...containers, ...containers.flatMap((each) => [`requests.${each}`, `limits.${each}`])];
const quotas = new Set([...computed, ...counts, "requests.storage"]);
const standard = new Set([...quotas, "storage"]);

const isHugePages = (name: string) => name.startsWith("hugepages-");
const isNative = (name: string) => !name.includes("/") || name.includes("kubernetes.io/");
const isExtended = (name: string) => !isNative(name) && !name.startsWith("requests.") && qualifiedKey(`requests.${name}`).length === 0;

/** Whether a quota knows the name by itself. */
export const isQuotaName = (name: string): boolean => quotas.has(name) || isHugePages(name) || name.startsWith("requests.hugepages-");
/** Whether amounts must be whole. */
export const isWhole = (name: string): boolean => counts.includes(name) || isExtended(name);
/** Whether a limit may be above the request. */
export const mayOvercommit = (name: string): boolean => isNative(name) && !isHugePages(name);

/** Findings about any resource's name. */
export function resourceNameErrors(name: string, at: string): FieldError[] {
  const errors = qualifiedKey(name).map((problem) => invalid(at, name, problem));
  if (errors.length > 0 || name.includes("/") || standard.has(name) || isHugePages(name) || name.startsWith("requests.hugepages-"))
    return errors;
  return [invalid(at, name, "must be a standard resource type or fully qualified")];
}

/** Findings about the name of what containers use. */
export function containerResourceErrors(name: string, at: string): FieldError[] {
  const errors = resourceNameErrors(name, at);
  if (!name.includes("/"))
    return containers.includes(name) || isHugePages(name)
      ? errors
      : [...errors, invalid(at, name, "must be a standard resource for containers")];
  return isNative(name) || isExtended(name) ? errors : [...errors, invalid(at, name, "doesn't follow extended resource name standard")];
}

/** Findings about the name of what a quota limits. */
export function quotaResourceErrors(name: string, at: string): FieldError[] {
  const errors = resourceNameErrors(name, at);
  return name.includes("/") || isQuotaName(name) ? errors : [...errors, invalid(at, name, "must be a standard resource for quota")];
}
