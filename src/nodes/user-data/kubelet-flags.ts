// The kubelet's command line flags that show on its node (Kubernetes documentation, kubelet).
import { type KubeletSettings, type NodeTaint, UserDataError } from "./settings.ts";

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** Labels in the kubernetes.io and k8s.io domains that a kubelet may give its own node. */
const ALLOWED = new Set([
  ...["kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/os"],
  ...["beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type", "failure-domain.beta.kubernetes.io/region"],
  ...["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/region", "topology.kubernetes.io/zone"],
]);

/** Reads `--node-labels`, `--register-with-taints` and `--max-pods`; other flags change nothing here. Throws UserDataError as the kubelet ends. */
export function kubeletFlags(flags: readonly string[]): KubeletSettings {
  let labels: Record<string, string> = {};
  let taints: NodeTaint[] = [];
  let maxPods: number | undefined;
  for (let i = 0; i < flags.length; i++) {
    const [name, inline] = split(flags[i]!, "=");
    const value = () => inline ?? flags[++i] ?? "";
    if (name === "--node-labels") labels = { ...labels, ...labelList(value()) };
    else if (name === "--register-with-taints") taints = [...taints, ...taintList(value())];
    else if (name === "--max-pods") maxPods = podCount(value());
  }
  return { labels, taints, ...(maxPods !== undefined && { maxPods }) };
}

/** Settings over others: labels and taints add up, the later number wins. */
export function mergeKubelet(a: KubeletSettings, b: KubeletSettings): KubeletSettings {
  const maxPods = b.maxPods ?? a.maxPods;
  return { labels: { ...a.labels, ...b.labels }, taints: [...a.taints, ...b.taints], ...(maxPods !== undefined && { maxPods }) };
}

/** A number of pods. Throws UserDataError. */
export function podCount(value: unknown): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 0) throw new UserDataError(`invalid argument "${value}" for "--max-pods" flag`);
  return count;
}

/** A taint as `effect` part and value are written together: `value:NoSchedule`. Throws UserDataError. */
export function taintOf(key: string, text: string): NodeTaint {
  const [value, effect = ""] = split(text, ":");
  if (key === "" || !EFFECTS.includes(effect)) throw new UserDataError(`invalid taint spec: ${key}=${text}, unsupported taint effect`);
  return { key, ...(value !== "" && { value }), effect };
}

/** Refuses labels that a kubelet may not give itself. Throws UserDataError. */
export function checkLabels(labels: Readonly<Record<string, string>>): void {
  const unknown = Object.keys(labels).filter((label) => {
    const domain = label.includes("/") ? label.split("/")[0]! : "";
    const reserved = /(^|\.)(kubernetes\.io|k8s\.io)$/.test(domain);
    return reserved && !ALLOWED.has(label) && !/(^|\.)(kubelet|node)\.kubernetes\.io$/.test(domain);
  });
  if (unknown.length > 0)
    throw new UserDataError(`unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [${unknown.sort().join(" ")}]`);
}

function labelList(text: string): Record<string, string> {
  const labels = Object.fromEntries(
    list(text)
      .map((item) => split(item, "="))
      .map(([key, value]) => [key, value ?? ""]),
  );
  checkLabels(labels);
  return labels;
}

const taintList = (text: string) =>
  list(text).map((item) => {
    const [head, effect = ""] = split(item, ":");
    const [key, value = ""] = split(head, "=");
    return taintOf(key, `${value}:${effect}`);
  });

const list = (text: string) => text.split(",").flatMap((item) => item.trim() || []);

function split(text: string, mark: string): [string, string | undefined] {
  const index = text.indexOf(mark);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
