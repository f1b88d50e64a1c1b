// What the restricted level of the Pod Security Standards asks beyond the baseline.
import { addedBeyond, baseline, containersOf, isWindows, named, namesOf, type PodTemplate, setBy, type Violation } from "./checks.ts";

type Check = (pod: PodTemplate) => Violation | undefined;

function privilegeEscalation(pod: PodTemplate): Violation | undefined {
  const bad = isWindows(pod) ? [] : containersOf(pod).filter((each) => each.securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  const detail = `${named("container", namesOf(bad))} must set securityContext.allowPrivilegeEscalation=false`;
  return { reason: "allowPrivilegeEscalation != false", detail };
}

const bindOnly = new Set(["NET_BIND_SERVICE"]);

function capabilities(pod: PodTemplate): Violation | undefined {
  if (isWindows(pod)) return undefined;
  const keeps = containersOf(pod).filter((each) => !(each.securityContext?.capabilities?.drop ?? []).includes("ALL"));
  const extra = addedBeyond(pod, bindOnly);
  const parts = [
    ...(keeps.length > 0 ? [`${named("container", namesOf(keeps))} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(extra ? [extra.detail] : []),
  ];
  return parts.length > 0 ? { reason: "unrestricted capabilities", detail: parts.join("; ") } : undefined;
}

const volumeTypes = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

function volumes({ spec }: PodTemplate): Violation | undefined {
  const typeOf = (each: any) => Object.keys(each).find((key) => key !== "name" && each[key]) ?? "emptyDir";
  const bad = (spec?.volumes ?? []).filter((each: any) => !volumeTypes.has(typeOf(each)));
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.map(typeOf))] as string[];
  const verb = bad.length === 1 ? "uses" : "use";
  const detail = `${named("volume", namesOf(bad))} ${verb} ${named("restricted volume type", types)}`;
  return { reason: "restricted volume types", detail };
}

function runAsNonRoot(pod: PodTemplate): Violation | undefined {
  const own = pod.spec?.securityContext?.runAsNonRoot;
  const containers = containersOf(pod);
  const explicit = containers.filter((each) => each.securityContext?.runAsNonRoot === false);
  if (explicit.length > 0 || own === false) {
    const who = setBy(pod, (context) => context?.runAsNonRoot === false);
    const needed = own === false && explicit.length === 0 && containers.every((each) => each.securityContext?.runAsNonRoot === true);
    if (!needed) return { reason: "runAsNonRoot != true", detail: `${who} must not set securityContext.runAsNonRoot=false` };
    return undefined;
  }
  const open = own === true ? [] : containers.filter((each) => each.securityContext?.runAsNonRoot !== true);
  if (open.length === 0) return undefined;
  return {
    reason: "runAsNonRoot != true",
    detail: `pod or ${named("container", namesOf(open))} must set securityContext.runAsNonRoot=true`,
  };
}

function runAsUser(pod: PodTemplate): Violation | undefined {
  const who = setBy(pod, (context) => context?.runAsUser === 0);
  return who ? { reason: "runAsUser=0", detail: `${who} must not set runAsUser=0` } : undefined;
}

const profiles = new Set(["RuntimeDefault", "Localhost"]);

function seccompProfile(pod: PodTemplate): Violation | undefined {
  if (isWindows(pod)) return undefined;
  const unconfined = baseline.seccompProfile?.(pod);
  if (unconfined) return unconfined;
  if (profiles.has(pod.spec?.securityContext?.seccompProfile?.type)) return undefined;
  const open = containersOf(pod).filter((each) => !profiles.has(each.securityContext?.seccompProfile?.type));
  if (open.length === 0) return undefined;
  const detail = `pod or ${named("container", namesOf(open))} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
  return { reason: "seccompProfile", detail };
}

/** Baseline controls that a stricter one takes the place of. */
const overridden = new Set(["capabilities", "seccompProfile", "hostPathVolumes"]);

const restricted: Readonly<Record<string, Check>> = {
  allowPrivilegeEscalation: privilegeEscalation,
  capabilities,
  restrictedVolumes: volumes,
  runAsNonRoot,
  runAsUser,
  seccompProfile,
};

/** The levels of the standards. */
export type Level = "privileged" | "baseline" | "restricted";

/** Everything about a pod that a level forbids. */
export function violations(level: Level, pod: PodTemplate): Violation[] {
  if (level === "privileged") return [];
  const base = Object.entries(baseline).filter(([name]) => level === "baseline" || !overridden.has(name));
  const all = [...base.map(([, check]) => check), ...(level === "restricted" ? Object.values(restricted) : [])];
  return all.flatMap((check) => check(pod) ?? []);
}

/** Findings as messages list them. */
export function violationText(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(", ");
}
