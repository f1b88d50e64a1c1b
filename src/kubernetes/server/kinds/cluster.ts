// Namespaces, nodes, volumes, priority classes, certificate requests and other small kinds.
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { dns1123Label, pathSegment } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";

const nameLabel = "kubernetes.io/metadata.name";

export const namespaces: Strategy = {
  nameProblem: dns1123Label,
  prepareCreate(object) {
    object.spec = { finalizers: ["kubernetes"] };
    object.status = { phase: "Active" };
    object.metadata.labels = { ...object.metadata.labels, [nameLabel]: object.metadata.name ?? "" };
  },
  prepareUpdate(object, old) {
    if (object.spec && old.spec?.finalizers && object.spec.finalizers === undefined && !old.metadata.deletionTimestamp)
      object.spec.finalizers = old.spec.finalizers;
    if (object.metadata.labels === undefined || object.metadata.labels[nameLabel] === undefined) {
      object.metadata.labels = { ...object.metadata.labels, [nameLabel]: old.metadata.name };
    }
  },
  validate(object) {
    const wrong = object.metadata.labels?.[nameLabel] !== object.metadata.name;
    return wrong
      ? [invalid(`metadata.labels[${nameLabel}]`, object.metadata.labels?.[nameLabel], "must match namespace.metadata.name")]
      : [];
  },
};

export const nodes: Strategy = {
  keepsStatus: true,
  validate(object, old) {
    const errors: FieldError[] = [];
    for (const [i, taint] of (object.spec?.taints ?? []).entries()) {
      if (!["NoSchedule", "PreferNoSchedule", "NoExecute"].includes(taint.effect)) {
        errors.push(notSupported(`metadata.taints[${i}].effect`, taint.effect ?? "", ["NoSchedule", "PreferNoSchedule", "NoExecute"]));
      }
      if (!taint.key) errors.push(required(`metadata.taints[${i}].key`));
    }
    if (old?.spec?.providerID && object.spec?.providerID !== old.spec.providerID) {
      errors.push(
        forbiddenField(
          "spec.providerID",
          "node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)",
        ),
      );
    }
    return errors;
  },
};

export const claims: Strategy = {
  returnsDeleted: true,
  prepareCreate(object) {
    object.status = { phase: "Pending" };
  },
  validate(object, old) {
    const spec = object.spec ?? {};
    const errors: FieldError[] = [];
    if (!spec.accessModes?.length) errors.push(required("spec.accessModes", "at least 1 access mode is required"));
    if (!spec.resources?.requests?.storage) errors.push(required("spec.resources[storage]"));
    if (!old || equalJson(spec, old.spec)) return errors;
    const rest = ({ resources: _, volumeAttributesClassName: __, volumeName: ___, storageClassName: ____, ...others }: any) => others;
    const renamed = old.spec.volumeName && spec.volumeName !== old.spec.volumeName;
    const reclassed = old.spec.storageClassName !== undefined && spec.storageClassName !== old.spec.storageClassName;
    if (renamed || reclassed || !equalJson(rest(spec), rest(old.spec))) {
      errors.push(
        forbiddenField("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"),
      );
    }
    return errors;
  },
};

export const volumes: Strategy = {
  returnsDeleted: true,
  prepareCreate(object) {
    object.status = { phase: "Pending" };
  },
  validate(object) {
    const errors: FieldError[] = [];
    if (!object.spec?.accessModes?.length) errors.push(required("spec.accessModes"));
    if (!object.spec?.capacity?.storage) errors.push(required("spec.capacity"));
    return errors;
  },
};

export const priorityClasses: Strategy = {
  generation: true,
  validate(object, old) {
    const errors: FieldError[] = [];
    const name = object.metadata.name ?? "";
    const known = name === "system-cluster-critical" || name === "system-node-critical";
    if (!old && name.startsWith("system-") && !known) {
      errors.push(forbiddenField("metadata.name", "priority class names with 'system-' prefix are reserved for system use only."));
    }
    if (!old && !known && (object.value ?? 0) > 1_000_000_000)
      errors.push(forbiddenField("value", "maximum allowed value of a user defined priority is 1000000000"));
    if (old && (object.value ?? 0) !== (old.value ?? 0)) errors.push(forbiddenField("value", "may not be changed in an update."));
    if (old && object.preemptionPolicy !== old.preemptionPolicy)
      errors.push(invalid("preemptionPolicy", object.preemptionPolicy, "field is immutable"));
    return errors;
  },
};

export const certificateRequests: Strategy = {
  nameProblem: pathSegment,
  prepareCreate(object, _context, { user }) {
    object.spec = {
      ...object.spec,
      username: user.username,
      groups: user.groups,
      ...(user.uid && { uid: user.uid }),
      ...(user.extra && { extra: user.extra }),
    };
    object.status = {};
  },
  prepareUpdate(object, old) {
    object.spec = old.spec;
  },
  validate(object) {
    const errors: FieldError[] = [];
    if (!object.spec?.request) errors.push(required("spec.request"));
    if (!object.spec?.signerName?.includes("/"))
      errors.push(
        invalid(
          "spec.signerName",
          object.spec?.signerName ?? "",
          "must be a fully qualified domain and path of the form 'example.com/signer-name'",
        ),
      );
    if (!object.spec?.usages?.length) errors.push(required("spec.usages", "usages must be specified"));
    return errors;
  },
};

/** Kinds whose only rule is that a name is one path segment, or that PUT may create them. */
export const byPut: Strategy = { createOnUpdate: true };
export const counted: Strategy = { generation: true };
export const returned: Strategy = { returnsDeleted: true };

export const claimsStorage: Strategy = {
  validate(object, old) {
    if (!old) return object.provisioner ? [] : [required("provisioner")];
    const errors: FieldError[] = [];
    for (const field of ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]) {
      if (!equalJson(object[field], old[field])) errors.push(forbiddenField(field, `updates to ${field} are forbidden.`));
    }
    return errors;
  },
};
