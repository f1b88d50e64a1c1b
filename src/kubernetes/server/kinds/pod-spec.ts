// Validation of pod specs, alone or inside a template.
import { duplicate, type FieldError, forbiddenField, invalid, notFoundField, notSupported, required } from "../../api/field-error.ts";
import { dns1123Label, dns1123Subdomain, qualifiedKey } from "../../api/names.ts";
import { validateLabels } from "../metadata.ts";
import {
  environmentErrors,
  handlerErrors,
  identityErrors,
  mountPathErrors,
  securityErrors,
  validateResources,
  volumeErrors,
} from "./container-parts.ts";
import { address, named, oneOf, portName, portNumber } from "./field-rules.ts";
import { affinityErrors, spreadErrors } from "./pod-placement.ts";

// Since Kubernetes 1.32 (RelaxedEnvironmentVariableValidation).
const environmentName = /^[ -<>-~]+$/;
const badName = "a valid environment variable name must consist only of printable ASCII characters other than '='";

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
    errors.push(...volumeErrors(volume, at));
  }
  const names = new Set<string>();
  const containers = spec.containers ?? [];
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  for (const [i, container] of containers.entries())
    errors.push(...validateContainer(container, `${path}.containers[${i}]`, names, volumes, false));
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    errors.push(...validateContainer(container, `${path}.initContainers[${i}]`, names, volumes, true));
  }
  errors.push(...hostPortErrors(containers, spec.hostNetwork === true, `${path}.containers`));
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
  for (const member of ["hostname", "subdomain"])
    if (spec[member]) errors.push(...named(`${path}.${member}`, spec[member], dns1123Label(spec[member])));
  if (spec.dnsPolicy === "None" && !spec.dnsConfig?.nameservers?.length)
    errors.push(required(`${path}.dnsConfig.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None"));
  for (const [i, each] of (spec.hostAliases ?? []).entries()) errors.push(...address(`${path}.hostAliases[${i}].ip`, each.ip ?? ""));
  errors.push(...identityErrors(spec.securityContext, `${path}.securityContext`));
  errors.push(...affinityErrors(spec.affinity, `${path}.affinity`));
  errors.push(...spreadErrors(spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`));
  errors.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`));
  errors.push(...tolerationErrors(spec.tolerations ?? [], `${path}.tolerations`));
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

function validateContainer(container: any, path: string, names: Set<string>, volumes: Set<string>, init: boolean): FieldError[] {
  const errors = nameErrors(container.name, `${path}.name`, names);
  if (!container.image) errors.push(required(`${path}.image`));
  else if (container.image !== container.image.trim())
    errors.push(invalid(`${path}.image`, container.image, "must not have leading or trailing whitespace"));
  const portNames = new Set<string>();
  for (const [i, port] of (container.ports ?? []).entries()) {
    const at = `${path}.ports[${i}]`;
    if (!port.containerPort) errors.push(required(`${at}.containerPort`));
    else errors.push(...portNumber(`${at}.containerPort`, port.containerPort));
    if (port.hostPort) errors.push(...portNumber(`${at}.hostPort`, port.hostPort));
    errors.push(...oneOf(`${at}.protocol`, port.protocol, ["SCTP", "TCP", "UDP"]));
    if (port.name) {
      errors.push(...portName(`${at}.name`, port.name));
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
    errors.push(...mountPathErrors(mount, at));
  }
  errors.push(...oneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, ["Always", "IfNotPresent", "Never"]));
  if (init && container.restartPolicy !== undefined)
    errors.push(...oneOf(`${path}.restartPolicy`, container.restartPolicy, ["Always"], true));
  return [
    ...errors,
    ...environmentErrors(container, path),
    ...validateResources(container.resources, `${path}.resources`),
    ...handlerErrors(container, path, init),
    ...securityErrors(container.securityContext, `${path}.securityContext`),
  ];
}

/** Host ports that two containers want, or that differ from the container's on the host's network. */
function hostPortErrors(containers: readonly any[], hostNetwork: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { ports = [] }] of containers.entries()) {
    for (const [j, { hostPort, hostIP = "", protocol, containerPort }] of ports.entries()) {
      if (!hostPort) continue;
      const at = `${path}[${i}].ports[${j}]`;
      if (hostNetwork && hostPort !== containerPort)
        errors.push(invalid(`${at}.containerPort`, containerPort, "must match `hostPort` when `hostNetwork` is true"));
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (seen.has(key)) errors.push(duplicate(`${at}.hostPort`, key));
      seen.add(key);
    }
  }
  return errors;
}

/** Findings about tolerations. */
export function tolerationErrors(tolerations: readonly any[], path: string): FieldError[] {
  return tolerations.flatMap((toleration, i) => validateToleration(toleration, `${path}[${i}]`));
}

function validateToleration(toleration: any, path: string): FieldError[] {
  const { key = "", operator = "Equal", value = "", effect, tolerationSeconds } = toleration;
  const errors: FieldError[] = key === "" ? [] : qualifiedKey(key).map((problem) => invalid(`${path}.key`, key, problem));
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
