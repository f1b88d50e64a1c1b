// Validation of pod specs, alone or inside a template.
import { duplicate, type FieldError, forbiddenField, invalid, notFoundField, notSupported, required } from "../../api/field-error.ts";
import { dns1123Label, dns1123Subdomain } from "../../api/names.ts";
import { parseQuantity } from "../../schema/quantity.ts";
import { validateLabels } from "../metadata.ts";

const environmentName = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
const badName =
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";

/** Findings about a pod spec at `path`. */
export function validatePodSpec(spec: any, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (typeof spec !== "object" || spec === null) return [required(`${path}.containers`)];
  const volumes = new Set<string>();
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    const at = `${path}.volumes[${i}]`;
    errors.push(...nameErrors(volume.name, `${at}.name`, volumes));
    const sources = Object.keys(volume).filter((key) => key !== "name");
    if (sources.length === 0) errors.push(required(at, "must specify a volume type"));
    for (const extra of sources.slice(1)) errors.push(forbiddenField(`${at}.${extra}`, "may not specify more than 1 volume type"));
  }
  const names = new Set<string>();
  const containers = spec.containers ?? [];
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  for (const [i, container] of containers.entries())
    errors.push(...validateContainer(container, `${path}.containers[${i}]`, names, volumes));
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    errors.push(...validateContainer(container, `${path}.initContainers[${i}]`, names, volumes));
  }
  const one = (field: string, values: readonly string[]) => {
    if (spec[field] !== undefined && !values.includes(spec[field])) errors.push(notSupported(`${path}.${field}`, spec[field], values));
  };
  one("restartPolicy", ["Always", "OnFailure", "Never"]);
  one("dnsPolicy", ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
  one("preemptionPolicy", ["PreemptLowerPriority", "Never"]);
  const whole = (field: string) => {
    if (typeof spec[field] === "number" && spec[field] < 0)
      errors.push(invalid(`${path}.${field}`, spec[field], "must be greater than or equal to 0"));
  };
  whole("terminationGracePeriodSeconds");
  if (spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds < 1) {
    errors.push(invalid(`${path}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, "must be between 1 and 2147483647, inclusive"));
  }
  if (spec.serviceAccountName) {
    const problem = dns1123Subdomain(spec.serviceAccountName);
    if (problem) errors.push(invalid(`${path}.serviceAccountName`, spec.serviceAccountName, problem));
  }
  errors.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`));
  for (const [i, toleration] of (spec.tolerations ?? []).entries())
    errors.push(...validateToleration(toleration, `${path}.tolerations[${i}]`));
  return errors;
}

function nameErrors(name: unknown, field: string, seen: Set<string>): FieldError[] {
  if (typeof name !== "string" || name === "") return [required(field)];
  const problem = dns1123Label(name);
  if (problem) return [invalid(field, name, problem)];
  if (seen.has(name)) return [duplicate(field, name)];
  seen.add(name);
  return [];
}

function validateContainer(container: any, path: string, names: Set<string>, volumes: Set<string>): FieldError[] {
  const errors = nameErrors(container.name, `${path}.name`, names);
  if (!container.image) errors.push(required(`${path}.image`));
  else if (container.image !== container.image.trim())
    errors.push(invalid(`${path}.image`, container.image, "must not have leading or trailing whitespace"));
  const portNames = new Set<string>();
  for (const [i, port] of (container.ports ?? []).entries()) {
    const at = `${path}.ports[${i}]`;
    if (port.containerPort === undefined || port.containerPort === 0) errors.push(required(`${at}.containerPort`));
    else if (!isPort(port.containerPort))
      errors.push(invalid(`${at}.containerPort`, port.containerPort, "must be between 1 and 65535, inclusive"));
    if (port.hostPort && !isPort(port.hostPort))
      errors.push(invalid(`${at}.hostPort`, port.hostPort, "must be between 1 and 65535, inclusive"));
    if (port.protocol !== undefined && !["TCP", "UDP", "SCTP"].includes(port.protocol))
      errors.push(notSupported(`${at}.protocol`, port.protocol, ["SCTP", "TCP", "UDP"]));
    if (port.name !== undefined) {
      if (portNames.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      portNames.add(port.name);
    }
  }
  for (const [i, variable] of (container.env ?? []).entries()) {
    if (!variable.name) errors.push(required(`${path}.env[${i}].name`));
    else if (!environmentName.test(variable.name)) errors.push(invalid(`${path}.env[${i}].name`, variable.name, badName));
    if (variable.value && variable.valueFrom)
      errors.push(invalid(`${path}.env[${i}].valueFrom`, "", "may not be specified when `value` is not empty"));
  }
  const mounts = new Set<string>();
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}.volumeMounts[${i}]`;
    if (!mount.name) errors.push(required(`${at}.name`));
    else if (!volumes.has(mount.name)) errors.push(notFoundField(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    else if (mounts.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, "must be unique"));
    mounts.add(mount.mountPath);
  }
  if (container.imagePullPolicy !== undefined && !["Always", "IfNotPresent", "Never"].includes(container.imagePullPolicy)) {
    errors.push(notSupported(`${path}.imagePullPolicy`, container.imagePullPolicy, ["Always", "IfNotPresent", "Never"]));
  }
  errors.push(...validateResources(container.resources, `${path}.resources`));
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    const value = container[probe];
    if (value && !value.exec && !value.httpGet && !value.tcpSocket && !value.grpc)
      errors.push(required(`${path}.${probe}`, "must specify a handler type"));
  }
  return errors;
}

const isPort = (value: unknown) => typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535;

/** Findings about requests and limits. */
export function validateResources(resources: any, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { requests = {}, limits = {} } = resources ?? {};
  for (const [kind, quantities] of [
    ["limits", limits],
    ["requests", requests],
  ] as const) {
    for (const [name, text] of Object.entries(quantities)) {
      const quantity = parseQuantity(text as string);
      if (quantity && quantity.nanos < 0n) errors.push(invalid(`${path}.${kind}[${name}]`, text, "must be greater than or equal to 0"));
    }
  }
  for (const [name, text] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined) continue;
    const [wanted, most] = [parseQuantity(text as string), parseQuantity(limit)];
    if (wanted && most && wanted.nanos > most.nanos) {
      errors.push(invalid(`${path}.requests`, text, `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return errors;
}

function validateToleration(toleration: any, path: string): FieldError[] {
  const { key = "", operator = "Equal", value = "", effect, tolerationSeconds } = toleration;
  const errors: FieldError[] = [];
  if (key === "" && operator !== "Exists")
    errors.push(
      invalid(`${path}.operator`, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'),
    );
  if (!["Equal", "Exists"].includes(operator)) errors.push(notSupported(`${path}.operator`, operator, ["Equal", "Exists"]));
  if (operator === "Exists" && value !== "")
    errors.push(invalid(`${path}.operator`, toleration.value, "value must be empty when `operator` is 'Exists'"));
  if (effect && !["NoSchedule", "PreferNoSchedule", "NoExecute"].includes(effect))
    errors.push(notSupported(`${path}.effect`, effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"]));
  if (tolerationSeconds !== undefined && effect !== "NoExecute")
    errors.push(invalid(`${path}.effect`, effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  return errors;
}
