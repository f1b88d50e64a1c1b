// Leases and runtime classes.
import type { FieldError } from "../../api/field-error.ts";
import { dns1123Label } from "../../api/names.ts";
import { validateLabels } from "../metadata.ts";
import type { Strategy } from "../strategy.ts";
import { validateResources } from "./container-parts.ts";
import { atLeast, immutable, named } from "./field-rules.ts";
import { tolerationErrors } from "./pod-spec.ts";

export const leases: Strategy = {
  createOnUpdate: true,
  validate({ spec = {} }) {
    return [
      ...atLeast("spec.leaseDurationSeconds", spec.leaseDurationSeconds, 1),
      ...atLeast("spec.leaseTransitions", spec.leaseTransitions),
    ];
  },
};

export const runtimeClasses: Strategy = {
  validate({ handler = "", overhead, scheduling }, old) {
    const errors: FieldError[] = named("handler", handler, dns1123Label(handler));
    if (overhead) errors.push(...validateResources({ limits: overhead.podFixed }, "overhead"));
    if (scheduling) {
      errors.push(...validateLabels(scheduling.nodeSelector, "scheduling.nodeSelector"));
      // The path is Kubernetes' own.
      errors.push(...tolerationErrors(scheduling.tolerations ?? [], "scheduling.tolerations.tolerations"));
    }
    return old ? [...errors, ...immutable("handler", handler, old.handler)] : errors;
  },
};
