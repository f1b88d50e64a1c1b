// Deployments, replica sets, stateful sets, daemon sets, jobs, cron jobs, replication controllers.
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { selectorOf } from "../../api/label-selector.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { validateLabels } from "../metadata.ts";
import type { Strategy } from "../strategy.ts";
import { validatePodSpec } from "./pod-spec.ts";

function atLeastZero(spec: any, path: string, ...fields: string[]): FieldError[] {
  return fields
    .filter((field) => typeof spec[field] === "number" && spec[field] < 0)
    .map((field) => invalid(`${path}.${field}`, spec[field], "must be greater than or equal to 0"));
}

function validateTemplate(template: any, path: string, restartPolicies: readonly string[]): FieldError[] {
  const errors = [
    ...validateLabels(template?.metadata?.labels, `${path}.metadata.labels`),
    ...validatePodSpec(template?.spec, `${path}.spec`),
  ];
  const policy = template?.spec?.restartPolicy;
  if (policy !== undefined && !restartPolicies.includes(policy))
    errors.push(notSupported(`${path}.spec.restartPolicy`, policy, restartPolicies));
  return errors;
}

function validateSelector(spec: any, old: KubeObject | undefined): FieldError[] {
  const { selector, template } = spec;
  if (!selector) return [required("spec.selector")];
  const errors: FieldError[] = [];
  if (!selector.matchLabels && !selector.matchExpressions?.length) {
    errors.push(invalid("spec.selector", selector, "empty selector is invalid"));
  } else if (!selectorOf(selector)(template?.metadata?.labels ?? {})) {
    errors.push(invalid("spec.template.metadata.labels", template?.metadata?.labels ?? {}, "`selector` does not match template `labels`"));
  }
  if (old && !equalJson(selector, old.spec.selector)) errors.push(invalid("spec.selector", selector, "field is immutable"));
  return errors;
}

function controller(extra?: (spec: any, old: KubeObject | undefined) => FieldError[]): Strategy {
  return {
    generation: true,
    validate(object, old) {
      const spec = object.spec ?? {};
      return [
        ...atLeastZero(spec, "spec", "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"),
        ...validateSelector(spec, old),
        ...validateTemplate(spec.template, "spec.template", ["Always"]),
        ...(extra?.(spec, old) ?? []),
      ];
    },
  };
}

export const deployments = controller((spec) => {
  const errors: FieldError[] = [];
  const type = spec.strategy?.type;
  if (type !== undefined && !["Recreate", "RollingUpdate"].includes(type))
    errors.push(notSupported("spec.strategy.type", type, ["Recreate", "RollingUpdate"]));
  if (type === "Recreate" && spec.strategy.rollingUpdate) {
    errors.push(forbiddenField("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"));
  }
  if (spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)) {
    errors.push(invalid("spec.progressDeadlineSeconds", spec.progressDeadlineSeconds, "must be greater than minReadySeconds"));
  }
  return errors;
});

export const replicaSets = controller();
export const daemonSets = controller();

const changeable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

export const statefulSets = controller((spec, old) => {
  if (!old) return [];
  const rest = (value: any) => Object.fromEntries(Object.entries(value).filter(([key]) => !changeable.includes(key) && key !== "selector"));
  if (equalJson(rest(spec), rest(old.spec))) return [];
  const names = changeable.map((each) => `'${each}'`);
  return [
    forbiddenField(
      "spec",
      `updates to statefulset spec for fields other than ${names.slice(0, -1).join(", ")} and ${names[names.length - 1]} are forbidden`,
    ),
  ];
});

export const replicationControllers: Strategy = {
  generation: true,
  defaultPropagation: "Orphan",
  validate(object) {
    const spec = object.spec ?? {};
    const errors = atLeastZero(spec, "spec", "replicas", "minReadySeconds");
    if (!spec.selector || Object.keys(spec.selector).length === 0) errors.push(required("spec.selector"));
    return [...errors, ...validateTemplate(spec.template, "spec.template", ["Always"])];
  },
};

const uidLabel = "batch.kubernetes.io/controller-uid";

export const jobs: Strategy = {
  generation: true,
  defaultPropagation: "Orphan",
  prepareCreate(object) {
    const { spec } = object;
    if (!spec?.template || spec.manualSelector) return;
    const uid = object.metadata.uid as string;
    // Validation comes later and refuses a job without a name.
    const name = object.metadata.name ?? "";
    const labels = { [uidLabel]: uid, "controller-uid": uid, "batch.kubernetes.io/job-name": name, "job-name": name };
    spec.template.metadata = { ...spec.template.metadata, labels: { ...spec.template.metadata?.labels, ...labels } };
    spec.selector = { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [uidLabel]: uid } };
  },
  validate(object, old) {
    const spec = object.spec ?? {};
    const errors = [
      ...atLeastZero(spec, "spec", "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"),
      ...validateTemplate(spec.template, "spec.template", ["OnFailure", "Never"]),
    ];
    if (!spec.selector) errors.push(required("spec.selector"));
    else if (!old && !selectorOf(spec.selector)(spec.template?.metadata?.labels ?? {})) {
      errors.push(
        invalid("spec.template.metadata.labels", spec.template?.metadata?.labels ?? {}, "`selector` does not match template `labels`"),
      );
    }
    if (!old) return errors;
    for (const field of ["selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy"]) {
      if (!equalJson(spec[field], old.spec[field])) errors.push(invalid(`spec.${field}`, spec[field], "field is immutable"));
    }
    const suspended = old.spec.suspend === true;
    if (!suspended && !equalJson(spec.template, old.spec.template))
      errors.push(invalid("spec.template", spec.template, "field is immutable"));
    const indexed = spec.completionMode === "Indexed";
    if (spec.completions !== old.spec.completions && !(indexed && spec.completions === spec.parallelism)) {
      errors.push(invalid("spec.completions", spec.completions, "field is immutable"));
    }
    return errors;
  },
};

const scheduleField = /^(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/\d+)?(,(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/\d+)?)*$|^\?$/;

export const cronJobs: Strategy = {
  generation: true,
  nameProblem: (name) => (name.length > 52 ? "must be no more than 52 characters" : undefined),
  validate(object: NewObject) {
    const { schedule, concurrencyPolicy, jobTemplate } = object.spec ?? {};
    const errors: FieldError[] = [];
    if (!schedule) errors.push(required("spec.schedule"));
    else if (/TZ=/.test(schedule))
      errors.push(invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"));
    else if (!schedule.startsWith("@")) {
      const fields = schedule.trim().split(/\s+/);
      if (fields.length !== 5)
        errors.push(invalid("spec.schedule", schedule, `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`));
      else if (!fields.every((field: string) => scheduleField.test(field)))
        errors.push(invalid("spec.schedule", schedule, "failed to parse the schedule"));
    }
    if (concurrencyPolicy !== undefined && !["Allow", "Forbid", "Replace"].includes(concurrencyPolicy)) {
      errors.push(notSupported("spec.concurrencyPolicy", concurrencyPolicy, ["Allow", "Forbid", "Replace"]));
    }
    return [...errors, ...validateTemplate(jobTemplate?.spec?.template, "spec.jobTemplate.spec.template", ["OnFailure", "Never"])];
  },
};
