// Bottlerocket's settings (Bottlerocket documentation, settings.kubernetes).
import { parse, TomlError } from "smol-toml";
import { checkLabels, podCount, taintOf } from "./kubelet-flags.ts";
import { type NodeSettings, UserDataError } from "./settings.ts";

type Table = Readonly<Record<string, unknown>>;

const table = (value: unknown): Table => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Table) : {});

/** Reads `[settings.kubernetes]`. Throws UserDataError. */
export function bottlerocketSettings(userData: string): NodeSettings {
  const kubernetes = table(table(read(userData).settings).kubernetes);
  const text = (name: string) => {
    const value = kubernetes[name];
    if (typeof value !== "string" || value === "")
      throw new UserDataError(`Failed to render template: setting kubernetes.${name} is missing`);
    return value;
  };
  const labels = Object.fromEntries(Object.entries(table(kubernetes["node-labels"])).map(([key, value]) => [key, String(value)]));
  checkLabels(labels);
  const taints = Object.entries(table(kubernetes["node-taints"])).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => taintOf(key, String(each))),
  );
  const maxPods = kubernetes["max-pods"];
  return {
    ...{
      clusterName: text("cluster-name"),
      endpoint: text("api-server"),
      certificateAuthority: text("cluster-certificate"),
      labels,
      taints,
    },
    ...(maxPods !== undefined && { maxPods: podCount(maxPods) }),
  };
}

function read(userData: string): Table {
  try {
    return parse(userData);
  } catch (error) {
    if (error instanceof TomlError) throw new UserDataError(`Error parsing TOML user data: ${error.message.split("\n")[0]}`);
    throw error;
  }
}
