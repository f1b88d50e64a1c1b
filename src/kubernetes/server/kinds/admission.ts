// Strategies of admissionregistration.k8s.io.
import type { Strategy } from "../strategy.ts";
import { mutatingBindings, mutatingPolicies } from "./mutating-policies.ts";
import { validatingBindings, validatingPolicies } from "./validating-policies.ts";
import { webhookConfigurations } from "./webhooks.ts";

export const admissionKinds: Readonly<Record<string, Strategy>> = {
  "validatingwebhookconfigurations.admissionregistration.k8s.io": webhookConfigurations,
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": webhookConfigurations,
  "validatingadmissionpolicies.admissionregistration.k8s.io": validatingPolicies,
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": validatingBindings,
  "mutatingadmissionpolicies.admissionregistration.k8s.io": mutatingPolicies,
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io": mutatingBindings,
};
