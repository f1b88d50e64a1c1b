// Horizontal pod autoscalers (autoscaling/v2) and pod disruption budgets.
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { pathSegment } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";
import { atLeast, countOrPercent, labelSelector, named, oneOf, signOf } from "./field-rules.ts";

const sources = ["ContainerResource", "External", "Object", "Pods", "Resource"];
const longestWindow = 3600;
const longestPeriod = 1800;

export const autoscalers: Strategy = {
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    const { minReplicas, maxReplicas = 0, scaleTargetRef = {}, metrics = [], behavior } = spec;
    if (minReplicas !== undefined && minReplicas < 1)
      errors.push(invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1"));
    if (maxReplicas < 1) errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than 0"));
    if (minReplicas !== undefined && maxReplicas < minReplicas)
      errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
    errors.push(...referenceErrors(scaleTargetRef, "spec.scaleTargetRef"));
    for (const [i, metric] of metrics.entries()) errors.push(...metricErrors(metric, `spec.metrics[${i}]`));
    for (const direction of ["scaleUp", "scaleDown"])
      if (behavior?.[direction]) errors.push(...behaviorErrors(behavior[direction], `spec.behavior.${direction}`));
    return errors;
  },
};

function referenceErrors(reference: any, at: string): FieldError[] {
  return ["kind", "name"].flatMap((member) => {
    const value: string = reference?.[member] ?? "";
    return value ? named(`${at}.${member}`, value, pathSegment(value)) : [required(`${at}.${member}`)];
  });
}

/** Member of a metric that its type calls for: `Resource` is described by `resource`. */
const memberOf = (type: string) => type.charAt(0).toLowerCase() + type.slice(1);

function metricErrors(metric: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type = "" } = metric;
  if (!type) errors.push(required(`${at}.type`, "must specify a metric source type"));
  if (!sources.includes(type)) errors.push(notSupported(`${at}.type`, type, sources));
  const present = sources.map(memberOf).filter((member) => metric[member] !== undefined);
  if (present[0]) errors.push(...sourceErrors(present[0], metric[present[0]], `${at}.${present[0]}`));
  const expected = memberOf(type);
  if (!present.includes(expected)) errors.push(required(`${at}.${expected}`, "must populate information for the given metric source"));
  for (const other of present.length > 1 ? present.filter((member) => member !== expected) : [])
    errors.push(forbiddenField(`${at}.${other}`, "must populate the given metric source only"));
  return errors;
}

function sourceErrors(member: string, source: any, at: string): FieldError[] {
  const { target = {} } = source;
  const errors: FieldError[] = [];
  if (member === "object") errors.push(...referenceErrors(source.describedObject, `${at}.describedObject`));
  if (member === "resource" || member === "containerResource") {
    if (!source.name) errors.push(required(`${at}.name`, "must specify a resource name"));
    if (member === "containerResource" && !source.container) errors.push(required(`${at}.container`, "must specify a container"));
  } else if (!source.metric?.name) errors.push(required(`${at}.metric.name`, "must specify a metric name"));
  errors.push(...labelSelector(`${at}.metric.selector`, source.metric?.selector), ...targetErrors(target, `${at}.target`));
  const { value, averageValue, averageUtilization } = target;
  if (member === "pods") {
    if (averageValue === undefined) errors.push(required(`${at}.target.averageValue`, "must specify a positive target averageValue"));
  } else if (member === "resource" || member === "containerResource") {
    if (averageUtilization === undefined && averageValue === undefined)
      errors.push(required(`${at}.target.averageUtilization`, "must set either a target raw value or a target utilization"));
    if (averageUtilization !== undefined && averageValue !== undefined)
      errors.push(forbiddenField(`${at}.target.averageValue`, "may not set both a target raw value and a target utilization"));
  } else if (value === undefined && averageValue === undefined) {
    errors.push(required(`${at}.target.averageValue`, "must set either a target value for metric or a per-pod target"));
  } else if (member === "external" && value !== undefined && averageValue !== undefined)
    errors.push(forbiddenField(`${at}.target.value`, "may not set both a target value for metric and a per-pod target"));
  return errors;
}

function targetErrors({ type, value, averageValue, averageUtilization }: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const kinds = ["AverageValue", "Utilization", "Value"];
  if (!type) errors.push(required(`${at}.type`, "must specify a metric target type"));
  if (type && !kinds.includes(type)) errors.push(invalid(`${at}.type`, type, "must be either Utilization, Value, or AverageValue"));
  if (value !== undefined && signOf(value) !== 1) errors.push(invalid(`${at}.value`, value, "must be positive"));
  if (averageValue !== undefined && signOf(averageValue) !== 1)
    errors.push(invalid(`${at}.averageValue`, averageValue, "must be positive"));
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalid(`${at}.averageUtilization`, averageUtilization, "must be greater than 0"));
  return errors;
}

function behaviorErrors({ stabilizationWindowSeconds: window, selectPolicy, policies = [] }: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (window !== undefined && window < 0)
    errors.push(invalid(`${at}.stabilizationWindowSeconds`, window, "must be greater than or equal to zero"));
  if (window !== undefined && window > longestWindow)
    errors.push(invalid(`${at}.stabilizationWindowSeconds`, window, `must be less than or equal to ${longestWindow}`));
  errors.push(...oneOf(`${at}.selectPolicy`, selectPolicy, ["Disabled", "Max", "Min"]));
  if (policies.length === 0) errors.push(required(`${at}.policies`, "must specify at least one Policy"));
  for (const [i, { type, value = 0, periodSeconds = 0 }] of policies.entries()) {
    const place = `${at}.policies[${i}]`;
    errors.push(...oneOf(`${place}.type`, type ?? "", ["Percent", "Pods"]));
    if (value <= 0) errors.push(invalid(`${place}.value`, value, "must be greater than zero"));
    if (periodSeconds <= 0) errors.push(invalid(`${place}.periodSeconds`, periodSeconds, "must be greater than zero"));
    if (periodSeconds > longestPeriod)
      errors.push(invalid(`${place}.periodSeconds`, periodSeconds, `must be less than or equal to ${longestPeriod}`));
  }
  return errors;
}

export const budgets: Strategy = {
  generation: true,
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    const both = "minAvailable and maxUnavailable cannot be both set";
    if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) errors.push(invalid("spec", "", both));
    for (const member of ["minAvailable", "maxUnavailable"]) errors.push(...countOrPercent(`spec.${member}`, spec[member], 100));
    errors.push(...labelSelector("spec.selector", spec.selector));
    const policy = spec.unhealthyPodEvictionPolicy;
    return [...errors, ...oneOf("spec.unhealthyPodEvictionPolicy", policy, ["AlwaysAllow", "IfHealthyBudget"])];
  },
  validateStatus: ({ status = {} }) =>
    ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"].flatMap((member) =>
      atLeast(`status.${member}`, status[member]),
    ),
};
