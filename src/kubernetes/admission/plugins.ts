// The admission plugins of a server, in their order.
import type { Attributes, Verdict } from "../auth/types.ts";
import type { ApiServerOptions } from "../server/options.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import { certificates } from "./certificates.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { defaultStorageClass, defaultTolerationSeconds, priority } from "./pod-defaults.ts";
import type { FindParams } from "./policies/params.ts";
import { validatingPolicies } from "./policies/plugin.ts";
import { serviceAccount } from "./service-account.ts";
import type { AdmissionPlugin } from "./types.ts";
import { webhooks } from "./webhooks.ts";

/** Built-in plugins, then the caller's, then webhooks. */
export function admissionPlugins(
  objects: ObjectStorage,
  options: ApiServerOptions,
  authorize: (attributes: Attributes) => Verdict,
  findParams: FindParams,
): AdmissionPlugin[] {
  return [
    namespaceLifecycle(objects),
    serviceAccount(objects, options.random),
    nodeRestriction(objects),
    certificates(authorize),
    priority(objects),
    defaultTolerationSeconds,
    defaultStorageClass(objects),
    ...(options.admission ?? []),
    validatingPolicies(objects, authorize, findParams),
    webhooks(objects, options.clock, options.resolveService, authorize),
  ];
}
