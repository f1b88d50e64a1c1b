// Jobs and cron jobs.
import { type FieldError, invalid, notSupported, required, tooMany } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { selectorOf } from "../../api/label-selector.ts";
import { dns1123Subdomain } from "../../api/names.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import type { Strategy } from "../strategy.ts";
import { atLeast, immutable, labelSelector, oneOf } from "./field-rules.ts";
import { validateTemplate } from "./workloads.ts";

const uidLabel = "batch.kubernetes.io/controller-uid";
const mostIndexes = 100_000;
const counts = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
];

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
    const errors = jobSpecErrors(spec, "spec");
    if (!spec.selector) errors.push(required("spec.selector"));
    else {
      errors.push(...labelSelector("spec.selector", spec.selector));
      if (!old && !selectorOf(spec.selector)(spec.template?.metadata?.labels ?? {})) {
        const labels = spec.template?.metadata?.labels ?? {};
        errors.push(invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
      }
    }
    return old ? [...errors, ...jobUpdate(spec, old)] : errors;
  },
};

function jobSpecErrors(spec: any, at: string): FieldError[] {
  const errors = counts.flatMap((field) => atLeast(`${at}.${field}`, spec[field]));
  const indexed = spec.completionMode === "Indexed";
  errors.push(...oneOf(`${at}.completionMode`, spec.completionMode, ["Indexed", "NonIndexed"]));
  if (spec.managedBy !== undefined) errors.push(...managerErrors(spec.managedBy, `${at}.managedBy`));
  if (indexed && spec.completions === undefined) errors.push(required(`${at}.completions`, "when completion mode is Indexed"));
  for (const field of indexed ? ["parallelism", "completions"] : [])
    if (spec[field] > mostIndexes && (field === "parallelism" || spec.backoffLimitPerIndex !== undefined))
      errors.push(invalid(`${at}.${field}`, spec[field], `must be less than or equal to ${mostIndexes} when completion mode is Indexed`));
  errors.push(...indexErrors(spec, indexed, at));
  errors.push(...validateTemplate(spec.template, `${at}.template`, ["Always", "OnFailure", "Never"]));
  const policy = spec.template?.spec?.restartPolicy ?? "Always";
  if (policy === "Always") errors.push(required(`${at}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  if (spec.podFailurePolicy)
    errors.push(
      ...failurePolicyErrors(spec.podFailurePolicy, indexed && spec.backoffLimitPerIndex !== undefined, `${at}.podFailurePolicy`),
    );
  if (spec.podFailurePolicy && policy !== "Never") {
    const text = 'only "Never" is supported when podFailurePolicy is specified';
    errors.push(invalid(`${at}.template.spec.restartPolicy`, policy, text));
  }
  if (spec.successPolicy) errors.push(...successPolicyErrors(spec, indexed, at));
  const replacements = spec.podFailurePolicy ? ["Failed"] : ["Failed", "TerminatingOrFailed"];
  return [...errors, ...oneOf(`${at}.podReplacementPolicy`, spec.podReplacementPolicy, replacements)];
}

function managerErrors(value: string, at: string): FieldError[] {
  const [domain = "", ...path] = value.split("/");
  if (domain !== "" && path.join("/") !== "" && dns1123Subdomain(domain) === undefined && value.length <= 63) return [];
  return [invalid(at, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
}

function indexErrors(spec: any, indexed: boolean, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { backoffLimitPerIndex: limit, maxFailedIndexes: most, completions, template } = spec;
  if (limit !== undefined && !indexed) errors.push(invalid(`${at}.backoffLimitPerIndex`, limit, "requires indexed completion mode"));
  if (most !== undefined && !indexed) errors.push(invalid(`${at}.maxFailedIndexes`, most, "requires indexed completion mode"));
  if (most !== undefined && limit === undefined) errors.push(required(`${at}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  if (most !== undefined && completions !== undefined && most > completions)
    errors.push(invalid(`${at}.maxFailedIndexes`, most, "must be less than or equal to completions"));
  const policy = template?.spec?.restartPolicy;
  if (limit !== undefined && policy !== undefined && policy !== "Never")
    errors.push(invalid(`${at}.template.spec.restartPolicy`, policy, "when backoffLimitPerIndex is specified"));
  return errors;
}

const actions = ["Count", "FailIndex", "FailJob", "Ignore"];

function failurePolicyErrors({ rules = [] }: any, perIndex: boolean, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (rules.length > 20) errors.push(tooMany(`${at}.rules`, rules.length, 20));
  for (const [i, { action, onExitCodes, onPodConditions = [] }] of rules.entries()) {
    const place = `${at}.rules[${i}]`;
    if (!action) errors.push(required(`${place}.action`, `valid values: ${actions.map((each) => JSON.stringify(each)).join(", ")}`));
    else errors.push(...oneOf(`${place}.action`, action, actions));
    if (action === "FailIndex" && !perIndex) errors.push(invalid(`${place}.action`, action, "requires the backoffLimitPerIndex to be set"));
    if (onExitCodes && onPodConditions.length > 0)
      errors.push(invalid(place, "", "specifying both OnExitCodes and OnPodConditions is not supported"));
    if (!onExitCodes && onPodConditions.length === 0)
      errors.push(invalid(place, "", "specifying one of OnExitCodes and OnPodConditions is required"));
    if (onExitCodes) errors.push(...exitCodeErrors(onExitCodes, `${place}.onExitCodes`));
  }
  return errors;
}

function exitCodeErrors({ operator, values = [] }: any, at: string): FieldError[] {
  const errors = oneOf(`${at}.operator`, operator, ["In", "NotIn"], true);
  if (values.length === 0) errors.push(invalid(`${at}.values`, values, "at least one value is required"));
  if (values.length > 255) errors.push(tooMany(`${at}.values`, values.length, 255));
  for (const [i, value] of values.entries())
    if (operator === "In" && value === 0) errors.push(invalid(`${at}.values[${i}]`, value, "must not be 0 for the In operator"));
  if (values.some((value: number, i: number) => i > 0 && value <= values[i - 1]))
    errors.push(invalid(`${at}.values`, values, "must be ordered"));
  return errors;
}

function successPolicyErrors({ successPolicy, completions = 0 }: any, indexed: boolean, at: string): FieldError[] {
  if (!indexed) return [invalid(`${at}.successPolicy`, successPolicy, "requires indexed completion mode")];
  const { rules = [] } = successPolicy;
  if (rules.length === 0)
    return [required(`${at}.successPolicy.rules`, "at least one rules must be specified when the successPolicy is specified")];
  const errors: FieldError[] = [];
  if (rules.length > 20) errors.push(tooMany(`${at}.successPolicy.rules`, rules.length, 20));
  for (const [i, { succeededCount, succeededIndexes }] of rules.entries()) {
    const place = `${at}.successPolicy.rules[${i}]`;
    if (succeededCount === undefined && succeededIndexes === undefined)
      errors.push(required(place, "at least one of succeededCount or succeededIndexes must be specified"));
    const indexes = succeededIndexes === undefined ? undefined : indexCount(succeededIndexes);
    if (succeededIndexes !== undefined && indexes === undefined)
      errors.push(invalid(`${place}.succeededIndexes`, succeededIndexes, "error parsing succeededIndexes"));
    if (succeededCount === undefined) continue;
    errors.push(...atLeast(`${place}.succeededCount`, succeededCount, 1));
    if (succeededCount > completions)
      errors.push(
        invalid(
          `${place}.succeededCount`,
          succeededCount,
          `must be less than or equal to ${completions} (the number of specified completions)`,
        ),
      );
    if (indexes !== undefined && succeededCount > indexes) {
      const text = `must be less than or equal to ${indexes} (the number of indexes in the specified succeededIndexes field)`;
      errors.push(invalid(`${place}.succeededCount`, succeededCount, text));
    }
  }
  return errors;
}

/** How many indexes `0-2,5` names; undefined if it is malformed. */
function indexCount(text: string): number | undefined {
  let count = 0;
  let last = -1;
  for (const part of text.split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) return undefined;
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (from <= last || to < from) return undefined;
    count += to - from + 1;
    last = to;
  }
  return count;
}

const scheduling = ["nodeSelector", "tolerations", "affinity", "schedulingGates"];

function jobUpdate(spec: any, old: KubeObject): FieldError[] {
  const before = old.spec;
  const errors: FieldError[] = [];
  const grows = spec.completionMode === "Indexed" && spec.completions === spec.parallelism;
  if (!grows) errors.push(...immutable("spec.completions", spec.completions, before.completions));
  errors.push(...immutable("spec.selector", spec.selector, before.selector));
  if (!sameTemplate(spec.template, old)) errors.push(...immutable("spec.template", spec.template, before.template));
  for (const field of ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"])
    errors.push(...immutable(`spec.${field}`, spec[field], before[field]));
  return errors;
}

/** A suspended job that never started may be told where its pods go. */
function sameTemplate(template: any, old: KubeObject): boolean {
  const before = old.spec.template;
  if (old.spec.suspend !== true || old.status?.startTime !== undefined) return equalJson(template, before);
  const rest = ({ metadata, spec }: any) => {
    const { labels: _, annotations: __, ...meta } = metadata ?? {};
    const pod = Object.fromEntries(Object.entries(spec ?? {}).filter(([member]) => !scheduling.includes(member)));
    return { meta, pod };
  };
  return equalJson(rest(template), rest(before));
}

const scheduleField = /^(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/\d+)?(,(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/\d+)?)*$|^\?$/;

export const cronJobs: Strategy = {
  generation: true,
  nameProblem: (name) => (name.length > 52 ? "must be no more than 52 characters" : dns1123Subdomain(name)),
  validate(object: NewObject, old) {
    const { schedule, concurrencyPolicy, jobTemplate, timeZone, ...spec } = object.spec ?? {};
    const errors: FieldError[] = [];
    if (!schedule) errors.push(required("spec.schedule"));
    else errors.push(...scheduleErrors(schedule));
    for (const field of ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"])
      errors.push(...atLeast(`spec.${field}`, spec[field]));
    if (timeZone !== undefined && (!old || timeZone !== old.spec?.timeZone)) errors.push(...zoneErrors(timeZone));
    errors.push(...oneOf("spec.concurrencyPolicy", concurrencyPolicy, ["Allow", "Forbid", "Replace"], true));
    const job = jobTemplate?.spec ?? {};
    errors.push(...jobSpecErrors(job, "spec.jobTemplate.spec"));
    if (job.selector) errors.push(invalid("spec.jobTemplate.spec.selector", job.selector, "`selector` will be auto-generated"));
    if (job.manualSelector) errors.push(notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"]));
    return errors;
  },
};

function scheduleErrors(schedule: string): FieldError[] {
  const wrong = (text: string) => [invalid("spec.schedule", schedule, text)];
  if (/TZ=/.test(schedule)) return wrong("cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  if (schedule.startsWith("@")) return [];
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== 5) return wrong(`expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`);
  return fields.every((field) => scheduleField.test(field)) ? [] : wrong("failed to parse the schedule");
}

function zoneErrors(zone: string): FieldError[] {
  const wrong = (text: string) => [invalid("spec.timeZone", zone, text)];
  if (zone === "") return wrong("timeZone must be nil or non-empty string");
  if (zone.toLowerCase() === "local") return wrong("timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return [];
  } catch {
    return wrong(`unknown time zone ${zone}`);
  }
}
