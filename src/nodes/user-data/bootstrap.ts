// The call of /etc/eks/bootstrap.sh on Amazon Linux 2 (Amazon EKS AMI, bootstrap.sh).
import { kubeletFlags } from "./kubelet-flags.ts";
import { partsOf } from "./mime.ts";
import { type NodeSettings, UserDataError } from "./settings.ts";
import { argumentsOf } from "./shell.ts";

/** Flags of the script without a value. */
const SWITCHES = new Set(["-h", "--help"]);

/** Reads the call that the user data makes. Throws UserDataError. */
export function bootstrapSettings(userData: string): NodeSettings {
  const scripts = partsOf(userData).filter(({ type, body }) => type === "text/x-shellscript" || body.trimStart().startsWith("#!"));
  const words = scripts.map(({ body }) => argumentsOf(body, "/etc/eks/bootstrap.sh")).find(Boolean);
  if (!words) throw new UserDataError("user data does not run /etc/eks/bootstrap.sh");
  const options = new Map<string, string>();
  const names: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith("-")) names.push(word);
    else if (!SWITCHES.has(word)) options.set(word, words[++i] ?? "");
  }
  if (names[0] === undefined) throw new UserDataError("CLUSTER_NAME is not defined");
  const endpoint = options.get("--apiserver-endpoint");
  const authority = options.get("--b64-cluster-ca");
  const extra = options.get("--kubelet-extra-args") ?? "";
  return {
    ...kubeletFlags(extra.split(/\s+/).flatMap((word) => word.replaceAll(/['"]/g, "") || [])),
    clusterName: names[0],
    ...(endpoint && authority && { endpoint, certificateAuthority: authority }),
  };
}
