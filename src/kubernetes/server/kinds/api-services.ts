// APIServices: which server answers for a group and version.
import { type FieldError, invalid, required } from "../../api/field-error.ts";
import { dns1035Label, dns1123Subdomain, segmentProblems } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";
import { named } from "./field-rules.ts";

const priority = (field: string, value: number, most: number): FieldError[] =>
  value > 0 && value <= most ? [] : [invalid(field, value, `must be positive and less than ${most}`)];

export const apiServices: Strategy = {
  generation: false,
  nameProblem: segmentProblems,
  validate({ metadata, spec = {} }) {
    const { group = "", version = "", service, groupPriorityMinimum = 0, versionPriority = 0, insecureSkipTLSVerify, caBundle } = spec;
    const errors: FieldError[] = [];
    const name = `${version}.${group}`;
    if (metadata.name !== name)
      errors.push(invalid("metadata.name", metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`));
    if (group) errors.push(...named("spec.group", group, dns1123Subdomain(group)));
    else if (version !== "v1") errors.push(required("spec.group", "only v1 may have an empty group and it better be legacy kube"));
    errors.push(...named("spec.version", version, dns1035Label(version)));
    errors.push(...priority("spec.groupPriorityMinimum", groupPriorityMinimum, 20_000));
    errors.push(...priority("spec.versionPriority", versionPriority, 1000));
    if (!service) {
      if (caBundle)
        errors.push(
          invalid("spec.caBundle", `${Buffer.byteLength(caBundle, "base64")} bytes`, "local APIServices may not have a caBundle"),
        );
      if (insecureSkipTLSVerify)
        errors.push(invalid("spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify"));
      return errors;
    }
    if (!service.namespace) errors.push(required("spec.service.namespace"));
    if (!service.name) errors.push(required("spec.service.name"));
    if (service.port !== undefined && (service.port < 1 || service.port > 65_535))
      errors.push(invalid("spec.service.port", service.port, "port is not valid: must be between 1 and 65535, inclusive"));
    if (insecureSkipTLSVerify && caBundle)
      errors.push(invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present"));
    return errors;
  },
};
