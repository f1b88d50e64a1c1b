// What exec, attach and port-forward are about, judged before the client is accepted.
import type { KubeObject } from "../../api/object.ts";
import { sandboxId } from "../../kubelet/containers.ts";
import type { CommandRequest, ConnectPort, RunCommand } from "../../streams/back-end.ts";
import { commandRequest } from "../../streams/command/options.ts";
import { streamRefused } from "../../streams/refusal.ts";
import { requireHost, requireRunning, requireSandbox } from "../../streams/target.ts";
import type { ServerContext } from "../context.ts";
import type { RequestInfo } from "./path.ts";

/** A stream the back end agreed to. */
export type PreparedStream =
  | { readonly kind: "command"; readonly asked: CommandRequest; readonly run: RunCommand }
  | { readonly kind: "ports"; readonly sandbox: string; readonly connect: ConnectPort };

/** Asks the back end. Rejects with StatusError, and with KubeletRefusal when the pod has nothing to talk to. */
export async function prepareStream(context: ServerContext, info: RequestInfo, pod: KubeObject): Promise<PreparedStream> {
  const { streams = {} } = context.options;
  if (info.subresource === "exec" || info.subresource === "attach") {
    const prepare = streams[info.subresource]?.bind(streams);
    if (!prepare) throw streamRefused(info.resource, info.subresource);
    const asked = commandRequest(pod, info.query, info.subresource);
    requireRunning(pod, asked.container);
    return { kind: "command", asked, run: await prepare(pod, asked) };
  }
  if (info.subresource !== "portforward" || !streams.portForward) throw streamRefused(info.resource, info.subresource);
  requireHost(pod);
  requireSandbox(pod);
  return { kind: "ports", sandbox: sandboxId(pod.metadata.uid), connect: await streams.portForward(pod) };
}
