// Deployments, replica sets, stateful sets, daemon sets, replication controllers.
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { selectorOf } from "../../api/label-selector.ts";
import { dns1123Label } from "../../api/names.ts";
import type { KubeObject } from "../../api/object.ts";
import { validateLabels } from "../metadata.ts";
import type { Strategy } from "../strategy.ts";
import { atLeast, countOrPercent, labelSelector, named, oneOf } from "./field-rules.ts";
import { validatePodSpec } from "./pod-spec.ts";

/** Findings about a pod template at `path`. */
export function validateTemplate(template: any, path: string, restartPolicies: readonly string[]): FieldError[] {
  const errors = [
    ...validateLabels(template?.metadata?.labels, `${path}.metadata.labels`),
    ...validatePodSpec(template?.spec, `${path}.spec`),
  ];
  const policy = template?.spec?.restartPolicy;
  if (policy !== undefined && !restartPolicies.includes(policy))
    errors.push(notSupported(`${path}.spec.restartPolicy`, policy, restartPolicies));
  if (template?.spec?.ephemeralContainers?.length)
    errors.push(forbiddenField(`${path}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template"));
  return errors;
}

function validateSelector(kind: string, spec: any, old: KubeObject | undefined): FieldError[] {
  const { selector, template } = spec;
  if (!selector) return [required("spec.selector")];
  const errors = labelSelector("spec.selector", selector);
  if (Object.keys(selector.matchLabels ?? {}).length === 0 && !selector.matchExpressions?.length) {
    errors.push(invalid("spec.selector", selector, `empty selector is invalid for ${kind}`));
  } else if (!selectorOf(selector)(template?.metadata?.labels ?? {})) {
    errors.push(invalid("spec.template.metadata.labels", template?.metadata?.labels ?? {}, "`selector` does not match template `labels`"));
  }
  if (old && !equalJson(selector, old.spec.selector)) errors.push(invalid("spec.selector", selector, "field is immutable"));
  return errors;
}

/** Rules of a controller of pods; `title` is its name in the text about active deadlines. */
function controller(kind: string, title: string, extra?: (spec: any, old: KubeObject | undefined) => FieldError[]): Strategy {
  return {
    generation: true,
    validate(object, old) {
      const spec = object.spec ?? {};
      return [
        ...counts.flatMap((field) => atLeast(`spec.${field}`, spec[field])),
        ...validateSelector(kind, spec, old),
        ...validateTemplate(spec.template, "spec.template", ["Always"]),
        ...(spec.template?.spec?.activeDeadlineSeconds === undefined
          ? []
          : [forbiddenField("spec.template.spec.activeDeadlineSeconds", `activeDeadlineSeconds in ${title} is not Supported`)]),
        ...(extra?.(spec, old) ?? []),
      ];
    },
  };
}

const counts = ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"];

export const deployments = controller("deployment", "ReplicaSet", (spec) => {
  const errors: FieldError[] = [];
  const type = spec.strategy?.type;
  if (type !== undefined && !["Recreate", "RollingUpdate"].includes(type))
    errors.push(notSupported("spec.strategy.type", type, ["Recreate", "RollingUpdate"]));
  if (type === "RollingUpdate") errors.push(...surgeErrors(spec.strategy.rollingUpdate, "spec.strategy.rollingUpdate"));
  if (type === "Recreate" && spec.strategy.rollingUpdate) {
    errors.push(forbiddenField("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"));
  }
  if (spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)) {
    errors.push(invalid("spec.progressDeadlineSeconds", spec.progressDeadlineSeconds, "must be greater than minReadySeconds"));
  }
  return errors;
});

/** Bounds of a rolling update. */
function surgeErrors({ maxUnavailable, maxSurge }: any = {}, at: string): FieldError[] {
  const errors = [...countOrPercent(`${at}.maxUnavailable`, maxUnavailable, 100), ...countOrPercent(`${at}.maxSurge`, maxSurge)];
  if (isNothing(maxUnavailable) && isNothing(maxSurge))
    errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  return errors;
}

const isNothing = (value: unknown) => value === 0 || (typeof value === "string" && /^0+%$/.test(value));

export const replicaSets = controller("deployment", "ReplicaSet");

export const daemonSets = controller("daemonset", "DaemonSet", ({ updateStrategy = {} }) => {
  const { type, rollingUpdate } = updateStrategy;
  const errors = oneOf("spec.updateStrategy.type", type, ["OnDelete", "RollingUpdate"]);
  if (type !== "RollingUpdate") return errors;
  const at = "spec.updateStrategy.rollingUpdate";
  if (!rollingUpdate) return [...errors, required(at)];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  errors.push(...countOrPercent(`${at}.maxUnavailable`, maxUnavailable, 100), ...countOrPercent(`${at}.maxSurge`, maxSurge, 100));
  const [unavailable, surge] = [maxUnavailable, maxSurge].map((value) => value !== undefined && !isNothing(value));
  if (unavailable && surge) errors.push(invalid(`${at}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  if (!unavailable && !surge) errors.push(required(`${at}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  return errors;
});

const changeable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

function setErrors({ podManagementPolicy, updateStrategy = {}, ordinals, volumeClaimTemplates = [] }: any): FieldError[] {
  const errors: FieldError[] = [];
  const { type, rollingUpdate } = updateStrategy;
  const wrong = (field: string, value: unknown, text: string) => errors.push(invalid(`spec.${field}`, value, text));
  if (!podManagementPolicy) errors.push(required("spec.podManagementPolicy"));
  else if (!["OrderedReady", "Parallel"].includes(podManagementPolicy))
    wrong("podManagementPolicy", podManagementPolicy, "must be 'OrderedReady' or 'Parallel'");
  if (!type) errors.push(required("spec.updateStrategy"));
  else if (type === "OnDelete") {
    if (rollingUpdate) wrong("updateStrategy.rollingUpdate", rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'");
  } else if (type !== "RollingUpdate") wrong("updateStrategy", updateStrategy, "must be 'RollingUpdate' or 'OnDelete'");
  errors.push(
    ...atLeast("spec.updateStrategy.rollingUpdate.partition", rollingUpdate?.partition),
    ...atLeast("spec.ordinals.start", ordinals?.start),
  );
  for (const [i, claim] of volumeClaimTemplates.entries()) {
    const name: string = claim.metadata?.name ?? "";
    const at = `spec.volumeClaimTemplates[${i}].metadata.name`;
    errors.push(...(name ? named(at, name, dns1123Label(name)) : [required(at)]));
  }
  return errors;
}

export const statefulSets = controller("statefulset", "ReplicaSet", (spec, old) => {
  const errors = setErrors(spec);
  return old ? [...errors, ...setUpdate(spec, old)] : errors;
});

function setUpdate(spec: any, old: KubeObject): FieldError[] {
  const rest = (value: any) => Object.fromEntries(Object.entries(value).filter(([key]) => !changeable.includes(key) && key !== "selector"));
  if (equalJson(rest(spec), rest(old.spec))) return [];
  const names = changeable.map((each) => `'${each}'`);
  return [
    forbiddenField(
      "spec",
      `updates to statefulset spec for fields other than ${names.slice(0, -1).join(", ")} and ${names[names.length - 1]} are forbidden`,
    ),
  ];
}

export const replicationControllers: Strategy = {
  generation: true,
  defaultPropagation: "Orphan",
  validate(object) {
    const spec = object.spec ?? {};
    const errors = ["replicas", "minReadySeconds"].flatMap((field) => atLeast(`spec.${field}`, spec[field]));
    if (!spec.selector || Object.keys(spec.selector).length === 0) errors.push(required("spec.selector"));
    return [...errors, ...validateTemplate(spec.template, "spec.template", ["Always"])];
  },
};
