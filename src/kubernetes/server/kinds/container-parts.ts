// Parts of containers: probes, lifecycle hooks, environment sources, mounts, security contexts, resources.
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { parseQuantity } from "../../schema/quantity.ts";
import { atLeast, nonNegativeQuantity, oneOf, portOrName } from "./field-rules.ts";
import { containerResourceErrors, isWhole } from "./resource-names.ts";

const handlers = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
const probes = ["livenessProbe", "readinessProbe", "startupProbe"];

/** Findings about probes and hooks. An init container may have them only as a sidecar (`restartPolicy: Always`). */
export function handlerErrors(container: any, path: string, init: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (init && container.restartPolicy !== "Always") {
    for (const member of ["lifecycle", ...probes])
      if (container[member])
        errors.push(forbiddenField(`${path}.${member}`, "may not be set for init containers without restartPolicy=Always"));
    return errors;
  }
  for (const hook of ["postStart", "preStop"]) {
    const value = container.lifecycle?.[hook];
    if (value) errors.push(...handlerTypeErrors(value, `${path}.lifecycle.${hook}`));
  }
  for (const member of probes) if (container[member]) errors.push(...probeErrors(container[member], `${path}.${member}`, member));
  return errors;
}

function probeErrors(probe: any, at: string, member: string): FieldError[] {
  const errors = handlerTypeErrors(probe, at);
  for (const count of ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"])
    errors.push(...atLeast(`${at}.${count}`, probe[count]));
  if (probe.terminationGracePeriodSeconds !== undefined) {
    const place = `${at}.terminationGracePeriodSeconds`;
    if (member === "readinessProbe")
      errors.push(invalid(place, probe.terminationGracePeriodSeconds, "must not be set for readinessProbes"));
    else errors.push(...atLeast(place, probe.terminationGracePeriodSeconds, 1));
  }
  if (member !== "readinessProbe" && probe.successThreshold !== undefined && probe.successThreshold !== 1)
    errors.push(invalid(`${at}.successThreshold`, probe.successThreshold, "must be 1"));
  return errors;
}

function handlerTypeErrors(value: any, at: string): FieldError[] {
  const chosen = handlers.filter((each) => value[each] !== undefined);
  if (chosen.length === 0) return [required(at, "must specify a handler type")];
  const errors = chosen.slice(1).map((each) => forbiddenField(`${at}.${each}`, "may not specify more than 1 handler type"));
  const kind = chosen[0] as string;
  const { command, path, port, scheme } = value[kind];
  if (kind === "exec" && !command?.length) errors.push(required(`${at}.exec.command`));
  if (kind === "httpGet") {
    if (!path) errors.push(required(`${at}.httpGet.path`));
    errors.push(...oneOf(`${at}.httpGet.scheme`, scheme, ["HTTP", "HTTPS"]));
  }
  if (kind === "httpGet" || kind === "tcpSocket" || kind === "grpc") errors.push(...portOrName(`${at}.${kind}.port`, port));
  return errors;
}

const keyed = ["configMapKeyRef", "secretKeyRef"];
const sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"];

/** Findings about where environment variables come from. */
export function environmentErrors({ env = [], envFrom = [] }: any, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { valueFrom }] of env.entries()) {
    if (!valueFrom) continue;
    const at = `${path}.env[${i}].valueFrom`;
    const chosen = sources.filter((each) => valueFrom[each]);
    if (chosen.length === 0)
      errors.push(invalid(at, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"));
    if (chosen.length > 1) errors.push(invalid(at, "", "may not have more than one field specified at a time"));
    for (const each of keyed) if (valueFrom[each] && !valueFrom[each].key) errors.push(required(`${at}.${each}.key`));
    if (valueFrom.fieldRef && !valueFrom.fieldRef.fieldPath) errors.push(required(`${at}.fieldRef.fieldPath`));
    if (valueFrom.resourceFieldRef && !valueFrom.resourceFieldRef.resource) errors.push(required(`${at}.resourceFieldRef.resource`));
  }
  for (const [i, { configMapRef, secretRef }] of envFrom.entries()) {
    const at = `${path}.envFrom[${i}]`;
    if (!configMapRef && !secretRef) errors.push(invalid(at, "", "must specify one of: `configMapRef` or `secretRef`"));
    if (configMapRef && secretRef) errors.push(invalid(at, "", "may not have more than one field specified at a time"));
    for (const [member, reference] of Object.entries({ configMapRef, secretRef }))
      if (reference && !reference.name) errors.push(required(`${at}.${member}.name`));
  }
  return errors;
}

/** Findings about a mount's paths. */
export function mountPathErrors({ mountPath = "", subPath = "", subPathExpr = "" }: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (mountPath.includes(":")) errors.push(invalid(`${at}.mountPath`, mountPath, "must not contain ':'"));
  for (const [member, text] of Object.entries({ subPath, subPathExpr })) {
    if (text.startsWith("/")) errors.push(invalid(`${at}.${member}`, text, "must be a relative path"));
    if (text.split("/").includes("..")) errors.push(invalid(`${at}.${member}`, text, "must not contain '..'"));
  }
  if (subPath && subPathExpr) errors.push(invalid(`${at}.subPathExpr`, subPathExpr, "subPathExpr and subPath are mutually exclusive"));
  return errors;
}

const largestId = 2_147_483_647;

/** Findings about users and groups of a security context, of a pod or a container. */
export function identityErrors(context: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const member of ["runAsUser", "runAsGroup", "fsGroup"]) {
    const id = context?.[member];
    if (id !== undefined && (id < 0 || id > largestId))
      errors.push(invalid(`${at}.${member}`, id, `must be between 0 and ${largestId}, inclusive`));
  }
  return errors;
}

/** Findings about a container's security context. */
export function securityErrors(context: any, at: string): FieldError[] {
  if (!context) return [];
  const errors = identityErrors(context, at);
  if (context.allowPrivilegeEscalation === false) {
    const cannot = (what: string) => errors.push(invalid(at, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`));
    if (context.privileged) cannot("`privileged` to true");
    if (context.capabilities?.add?.includes("CAP_SYS_ADMIN")) cannot("`capabilities.Add` CAP_SYS_ADMIN");
  }
  return errors;
}

const standard = new Set(["cpu", "memory", "ephemeral-storage"]);
const isShared = (name: string) => standard.has(name);

/** Findings about requests and limits. */
export function validateResources(resources: any, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { requests = {}, limits = {} } = resources ?? {};
  for (const [kind, quantities] of Object.entries({ limits, requests })) {
    for (const [name, text] of Object.entries(quantities)) {
      const at = `${path}.${kind}[${name}]`;
      errors.push(...containerResourceErrors(name, at), ...nonNegativeQuantity(at, text));
      const quantity = parseQuantity(text as string);
      if (quantity && isWhole(name) && quantity.nanos % 1_000_000_000n !== 0n) errors.push(invalid(at, text, "must be an integer"));
    }
  }
  for (const [name, text] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined) {
      if (!isShared(name)) errors.push(required(`${path}.limits`, "Limit must be set for non overcommitable resources"));
      continue;
    }
    const [wanted, most] = [parseQuantity(text as string), parseQuantity(limit)];
    if (!wanted || !most) continue;
    if (!isShared(name) && wanted.nanos !== most.nanos)
      errors.push(invalid(`${path}.requests`, text, `must be equal to ${name} limit of ${limit}`));
    else if (wanted.nanos > most.nanos)
      errors.push(invalid(`${path}.requests`, text, `must be less than or equal to ${name} limit of ${limit}`));
  }
  return errors;
}

const hostPathTypes = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/** Findings about a volume's source. */
export function volumeErrors(volume: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { hostPath, secret, configMap, persistentVolumeClaim, csi, nfs, emptyDir } = volume;
  if (secret && !secret.secretName) errors.push(required(`${at}.secret.secretName`));
  if (configMap && !configMap.name) errors.push(required(`${at}.configMap.name`));
  if (persistentVolumeClaim && !persistentVolumeClaim.claimName) errors.push(required(`${at}.persistentVolumeClaim.claimName`));
  if (csi && !csi.driver) errors.push(required(`${at}.csi.driver`));
  if (nfs && !nfs.server) errors.push(required(`${at}.nfs.server`));
  if (nfs && !nfs.path) errors.push(required(`${at}.nfs.path`));
  if (emptyDir?.sizeLimit !== undefined && (parseQuantity(emptyDir.sizeLimit)?.nanos ?? 0n) < 0n)
    errors.push(forbiddenField(`${at}.emptyDir.sizeLimit`, "SizeLimit field must be a valid resource quantity"));
  if (hostPath) {
    if (!hostPath.path) errors.push(required(`${at}.hostPath.path`));
    else if (hostPath.path.split("/").includes("..")) errors.push(invalid(`${at}.hostPath.path`, hostPath.path, "must not contain '..'"));
    if (hostPath.type !== undefined && !hostPathTypes.includes(hostPath.type))
      errors.push(notSupported(`${at}.hostPath.type`, hostPath.type, hostPathTypes));
  }
  for (const source of ["secret", "configMap"])
    for (const [i, item] of (volume[source]?.items ?? []).entries()) {
      if (!item.key) errors.push(required(`${at}.${source}.items[${i}].key`));
      if (!item.path) errors.push(required(`${at}.${source}.items[${i}].path`));
    }
  return errors;
}
