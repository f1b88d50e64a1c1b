// The admission plugins of a server, in their order.
import type { Attributes, Verdict } from "../auth/types.ts";
import type { ApiServerOptions } from "../server/options.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import { certificateSubject } from "./certificate-subject.ts";
import { certificates } from "./certificates.ts";
import { defaultIngressClass, extendedResourceToleration, runtimeClass } from "./classes.ts";
import type { FindEquivalents } from "./equivalents.ts";
import { limitRanger } from "./limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { defaultStorageClass, defaultTolerationSeconds, priority } from "./pod-defaults.ts";
import { podSecurity } from "./pod-security/plugin.ts";
import { mutatingPolicies, type ServedKind } from "./policies/mutating.ts";
import type { FindParams } from "./policies/params.ts";
import { validatingPolicies } from "./policies/plugin.ts";
import { nodeTaint, storageProtection } from "./protection.ts";
import { resourceQuota } from "./quota/plugin.ts";
import { serviceAccount } from "./service-account.ts";
import { claimResize } from "./storage.ts";
import type { AdmissionPlugin } from "./types.ts";
import { webhooks } from "./webhooks.ts";

/** Built-in plugins, then the caller's, then policies and webhooks. */
export function admissionPlugins(
  objects: ObjectStorage,
  options: ApiServerOptions,
  authorize: (attributes: Attributes) => Verdict,
  findParams: FindParams,
  equivalents: FindEquivalents,
  kindOf: (apiVersion: string, kind: string) => ServedKind | undefined,
): AdmissionPlugin[] {
  return [
    namespaceLifecycle(objects),
    limitRanger(objects),
    serviceAccount(objects, options.random),
    nodeRestriction(objects),
    nodeTaint,
    podSecurity(objects),
    priority(objects),
    defaultTolerationSeconds,
    extendedResourceToleration,
    runtimeClass(objects),
    defaultStorageClass(objects),
    storageProtection,
    claimResize(objects),
    defaultIngressClass(objects),
    certificates(authorize),
    certificateSubject,
    ...(options.admission ?? []).map(once),
    mutatingPolicies({ objects, authorize, find: findParams, equivalents, kindOf }),
    validatingPolicies(objects, authorize, findParams, equivalents),
    webhooks({ objects, clock: options.clock, resolve: options.resolveService, authorize, equivalents }),
    resourceQuota(objects),
  ];
}

/** The caller's plugins stand for webhooks that are not asked again. */
function once(plugin: AdmissionPlugin): AdmissionPlugin {
  return {
    name: plugin.name,
    mutate: (request, rounds) => (rounds?.again ? undefined : plugin.mutate?.(request, rounds)),
    validate: (request) => plugin.validate?.(request),
    commit: (request) => plugin.commit?.(request),
  };
}
