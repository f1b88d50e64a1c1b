// The Pod Security Standards, one function per control (Kubernetes documentation, "Pod Security Standards").

/** A pod template's metadata and spec. */
export interface PodTemplate {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: any;
}

/** What a control found: its reason, and what is wrong in detail. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

type Check = (pod: PodTemplate) => Violation | undefined;

const quoted = (names: readonly string[]) => names.map((name) => JSON.stringify(name)).join(", ");
const plural = (word: string, names: readonly unknown[]) => (names.length === 1 ? word : `${word}s`);
/** `container "a"`, `containers "a", "b"`. */
export const named = (word: string, names: readonly string[]) => `${plural(word, names)} ${quoted(names)}`;

/** Every container of any sort. */
export const containersOf = ({ spec }: PodTemplate): any[] => [
  ...(spec?.initContainers ?? []),
  ...(spec?.containers ?? []),
  ...(spec?.ephemeralContainers ?? []),
];
export const namesOf = (containers: readonly any[]): string[] => containers.map((each) => each.name);
export const isWindows = ({ spec }: PodTemplate) => spec?.os?.name === "windows";

const allowedCapabilities = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** Capabilities beyond a set, over all containers that add some. */
export function addedBeyond(pod: PodTemplate, allowed: ReadonlySet<string>): Violation | undefined {
  const extra = (each: any): string[] => (each.securityContext?.capabilities?.add ?? []).filter((name: string) => !allowed.has(name));
  const bad = containersOf(pod).filter((each) => extra(each).length > 0);
  if (bad.length === 0) return undefined;
  const names = [...new Set(bad.flatMap(extra))].sort();
  const detail = `${named("container", namesOf(bad))} must not include ${quoted(names)} in securityContext.capabilities.add`;
  return { reason: allowed.size === 1 ? "unrestricted capabilities" : "non-default capabilities", detail };
}

function hostNamespaces({ spec }: PodTemplate): Violation | undefined {
  const on = ["hostNetwork", "hostPID", "hostIPC"].filter((each) => spec?.[each]);
  return on.length > 0 ? { reason: "host namespaces", detail: on.map((each) => `${each}=true`).join(", ") } : undefined;
}

function hostPathVolumes({ spec }: PodTemplate): Violation | undefined {
  const bad = (spec?.volumes ?? []).filter((each: any) => each.hostPath);
  return bad.length > 0 ? { reason: "hostPath volumes", detail: named("volume", namesOf(bad)) } : undefined;
}

function hostPorts(pod: PodTemplate): Violation | undefined {
  const ports = (each: any): number[] => (each.ports ?? []).map((port: any) => port.hostPort).filter(Boolean);
  const bad = containersOf(pod).filter((each) => ports(each).length > 0);
  if (bad.length === 0) return undefined;
  const used = [...new Set(bad.flatMap(ports))].sort((a, b) => a - b);
  const verb = bad.length === 1 ? "uses" : "use";
  return { reason: "hostPort", detail: `${named("container", namesOf(bad))} ${verb} ${plural("hostPort", used)} ${used.join(", ")}` };
}

function privileged(pod: PodTemplate): Violation | undefined {
  const bad = containersOf(pod).filter((each) => each.securityContext?.privileged);
  if (bad.length === 0) return undefined;
  return { reason: "privileged", detail: `${named("container", namesOf(bad))} must not set securityContext.privileged=true` };
}

function procMount(pod: PodTemplate): Violation | undefined {
  const mount = (each: any) => each.securityContext?.procMount;
  const bad = containersOf(pod).filter((each) => mount(each) && mount(each) !== "Default");
  if (bad.length === 0) return undefined;
  const values = [...new Set(bad.map(mount))] as string[];
  return { reason: "procMount", detail: `${named("container", namesOf(bad))} must not set securityContext.procMount to ${quoted(values)}` };
}

/** Who sets a forbidden value: the pod, containers, or both. */
export function setBy(pod: PodTemplate, bad: (context: any) => boolean): string | undefined {
  const containers = containersOf(pod).filter((each) => bad(each.securityContext));
  const parts = [
    ...(bad(pod.spec?.securityContext) ? ["pod"] : []),
    ...(containers.length > 0 ? [named("container", namesOf(containers))] : []),
  ];
  return parts.length > 0 ? parts.join(" and ") : undefined;
}

const seccompTypes = new Set(["RuntimeDefault", "Localhost"]);

function seccomp(pod: PodTemplate): Violation | undefined {
  const wrong = (context: any) => context?.seccompProfile?.type !== undefined && !seccompTypes.has(context.seccompProfile.type);
  const who = setBy(pod, wrong);
  return who ? { reason: "seccompProfile", detail: `${who} must not set securityContext.seccompProfile.type to "Unconfined"` } : undefined;
}

function appArmor(pod: PodTemplate): Violation | undefined {
  const wrong = (context: any) => context?.appArmorProfile?.type === "Unconfined";
  const who = setBy(pod, wrong);
  if (who) return { reason: "forbidden AppArmor profile", detail: `${who} must not set AppArmor profile type to "Unconfined"` };
  const prefix = "container.apparmor.security.beta.kubernetes.io/";
  const bad = Object.entries(pod.metadata?.annotations ?? {}).filter(
    ([key, value]) => key.startsWith(prefix) && value !== "" && value !== "runtime/default" && !value.startsWith("localhost/"),
  );
  if (bad.length === 0) return undefined;
  const detail = `${plural("annotation", bad)} ${bad.map(([key, value]) => JSON.stringify(`${key}=${value}`)).join(", ")}`;
  return { reason: plural("forbidden AppArmor profile", bad), detail };
}

const seLinuxTypes = new Set(["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]);

function seLinux(pod: PodTemplate): Violation | undefined {
  const contexts = [pod.spec?.securityContext, ...containersOf(pod).map((each) => each.securityContext)].map(
    (each) => each?.seLinuxOptions ?? {},
  );
  const types = [...new Set(contexts.map((each) => each.type ?? "").filter((type) => !seLinuxTypes.has(type)))];
  const parts = [
    ...(types.length > 0 ? [`${plural("type", types)} ${quoted(types)}`] : []),
    ...(contexts.some((each) => each.user) ? ["user may not be set"] : []),
    ...(contexts.some((each) => each.role) ? ["role may not be set"] : []),
  ];
  if (parts.length === 0) return undefined;
  const who = setBy(pod, ({ seLinuxOptions: each } = {}) => each && (!seLinuxTypes.has(each.type ?? "") || each.user || each.role));
  return { reason: "seLinuxOptions", detail: `${who} set forbidden securityContext.seLinuxOptions: ${parts.join("; ")}` };
}

const sysctls = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_syncookies",
]);

function forbiddenSysctls({ spec }: PodTemplate): Violation | undefined {
  const bad = (spec?.securityContext?.sysctls ?? []).map((each: any) => each.name).filter((name: string) => !sysctls.has(name));
  return bad.length > 0 ? { reason: "forbidden sysctls", detail: bad.join(", ") } : undefined;
}

function windowsHostProcess(pod: PodTemplate): Violation | undefined {
  const who = setBy(pod, (context) => Boolean(context?.windowsOptions?.hostProcess));
  return who ? { reason: "hostProcess", detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` } : undefined;
}

/** The controls of the baseline level by name, in the order findings are listed. */
export const baseline: Readonly<Record<string, Check>> = {
  appArmorProfile: appArmor,
  capabilities: (pod) => addedBeyond(pod, allowedCapabilities),
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  privileged,
  procMount,
  seLinuxOptions: seLinux,
  seccompProfile: seccomp,
  sysctls: forbiddenSysctls,
  windowsHostProcess,
};
