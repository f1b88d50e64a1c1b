// What drivers of volumes say of themselves, of nodes and of attachments.
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required, tooLong } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { dns1123Subdomain, qualifiedKey } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";
import { immutable, labelSelector, named, nonNegativeQuantity } from "./field-rules.ts";

const driverModes = ["Persistent", "Ephemeral"];
const groupPolicies = ["File", "None", "ReadWriteOnceWithFSType"];
const shortestToken = 600;
const longestToken = 2 ** 32;

const drivers: Strategy = {
  generation: true,
  validate({ spec = {} }, old) {
    const errors: FieldError[] = [];
    // The misspelt path is Kubernetes' own.
    if (spec.attachRequired === undefined) errors.push(required("spec.attachedRequired"));
    for (const member of ["podInfoOnMount", "storageCapacity"]) if (spec[member] === undefined) errors.push(required(`spec.${member}`));
    if (spec.fsGroupPolicy !== undefined && !groupPolicies.includes(spec.fsGroupPolicy))
      errors.push(notSupported("spec.fsGroupPolicy", spec.fsGroupPolicy, groupPolicies));
    errors.push(...tokenErrors(spec.tokenRequests ?? []));
    for (const mode of spec.volumeLifecycleModes ?? [])
      if (!driverModes.includes(mode)) errors.push(notSupported("spec.volumeLifecycleModes", mode, driverModes));
    const seconds = spec.nodeAllocatableUpdatePeriodSeconds;
    if (seconds !== undefined && seconds < 10)
      errors.push(invalid("spec.nodeAllocatableUpdatePeriodSeconds", seconds, "must be greater than or equal to 10 seconds"));
    if (!old) return errors;
    errors.push(...immutable("spec.attachedRequired", spec.attachRequired, old.spec?.attachRequired));
    return [...errors, ...immutable("spec.volumeLifecycleModes", spec.volumeLifecycleModes, old.spec?.volumeLifecycleModes)];
  },
};

function tokenErrors(requests: readonly any[]): FieldError[] {
  const errors: FieldError[] = [];
  const audiences = new Set<string>();
  for (const [i, { audience = "", expirationSeconds }] of requests.entries()) {
    const at = `spec.tokenRequests[${i}]`;
    if (audiences.has(audience)) {
      errors.push(duplicate(`${at}.audience`, audience));
      continue;
    }
    audiences.add(audience);
    const wrong = (text: string) => errors.push(invalid(`${at}.expirationSeconds`, expirationSeconds, text));
    if (expirationSeconds < shortestToken) wrong("may not specify a duration less than 10 minutes");
    if (expirationSeconds > longestToken) wrong("may not specify a duration larger than 2^32 seconds");
  }
  return errors;
}

function driverName(name: string, at: string): FieldError[] {
  const errors: FieldError[] = name ? [] : [required(at)];
  if (name.length > 63) errors.push(tooLong(at, 63));
  return [...errors, ...named(at, name, dns1123Subdomain(name.toLowerCase()))];
}

const csiNodes: Strategy = {
  validate({ spec = {} }, old) {
    const errors: FieldError[] = [];
    const names = new Set<string>();
    const listed: readonly any[] = spec.drivers ?? [];
    for (const [i, driver] of listed.entries()) {
      const at = `spec.drivers[${i}]`;
      const { name = "", nodeID = "", allocatable, topologyKeys = [] } = driver;
      errors.push(...driverName(name, `${at}.name`));
      if (!nodeID) errors.push(required(`${at}.nodeID`));
      if (nodeID.length > 256) errors.push(invalid(`${at}.nodeID`, nodeID, "must be 256 characters or less"));
      if (allocatable?.count < 0) errors.push(invalid(`${at}.allocatable.count`, allocatable.count, "must be greater than or equal to 0"));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
      for (const [j, key] of topologyKeys.entries()) {
        if (!key) errors.push(required(at));
        if (topologyKeys.indexOf(key) < j) errors.push(duplicate(at, key));
        for (const problem of qualifiedKey(key)) errors.push(invalid(at, key, problem));
      }
    }
    const fixed = ({ allocatable: _, ...driver }: any) => driver;
    for (const before of old?.spec?.drivers ?? []) {
      const now = listed.find(({ name }) => name === before.name);
      if (now) errors.push(...immutable("spec.drivers", fixed(now), fixed(before)));
    }
    return errors;
  },
};

const attachments: Strategy = {
  validate({ spec = {} }, old) {
    const { attacher = "", source = {}, nodeName = "" } = spec;
    const errors: FieldError[] = attacher ? [] : [required("spec.attacher")];
    const { inlineVolumeSpec: inline, persistentVolumeName: volume } = source;
    const one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    if (inline === undefined && volume === undefined) errors.push(required("spec.source", one));
    else if (inline !== undefined && volume !== undefined) errors.push(forbiddenField("spec.source", one));
    else if (volume === "") errors.push(required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName"));
    errors.push(...named("spec.nodeName", nodeName, dns1123Subdomain(nodeName)));
    if (old) return equalJson(spec, old.spec) ? errors : [...errors, invalid("spec", spec, "field is immutable")];
    errors.push(...driverName(attacher, "spec.attacher"));
    return volume === undefined ? errors : [...errors, ...named("spec.source.persistentVolumeName", volume, dns1123Subdomain(volume))];
  },
};

const capacities: Strategy = {
  validate({ nodeTopology, storageClassName = "", capacity }, old) {
    const errors = [
      ...labelSelector("nodeTopology", nodeTopology),
      ...named("storageClassName", storageClassName, dns1123Subdomain(storageClassName)),
      ...(capacity === undefined ? [] : nonNegativeQuantity("capacity", capacity)),
    ];
    if (!old) return errors;
    errors.push(...immutable("nodeTopology", nodeTopology, old.nodeTopology));
    return [...errors, ...immutable("storageClassName", storageClassName, old.storageClassName)];
  },
};

export const storageDrivers: Readonly<Record<string, Strategy>> = {
  "csidrivers.storage.k8s.io": drivers,
  "csinodes.storage.k8s.io": csiNodes,
  "csistoragecapacities.storage.k8s.io": capacities,
  "volumeattachments.storage.k8s.io": attachments,
};
