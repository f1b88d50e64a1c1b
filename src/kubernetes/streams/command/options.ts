// What exec and attach are asked for (PodExecOptions, PodAttachOptions).
import type { KubeObject } from "../../api/object.ts";
import { badRequest } from "../../api/status.ts";
import type { CommandRequest } from "../back-end.ts";
import { containerNamed, requireHost } from "../target.ts";

const isTrue = (value: string | null) => value === "true" || value === "1" || value === "";

/** Reads the query of exec or attach. `kind` is `exec` or `attach`. Throws 400. */
export function commandRequest(pod: KubeObject, query: URLSearchParams, kind: "exec" | "attach"): CommandRequest {
  const container = containerNamed(pod, query.get("container") ?? "");
  requireHost(pod);
  const command = kind === "exec" ? query.getAll("command") : [];
  if (kind === "exec" && command.length === 0) throw badRequest("you must specify at least one command for the container");
  const asked = (name: string) => query.has(name) && isTrue(query.get(name));
  const tty = asked("tty");
  // Kubernetes ignores stderr when there is a terminal: both go the same way.
  const request = { container, command, stdin: asked("stdin"), stdout: asked("stdout"), stderr: asked("stderr") && !tty, tty };
  if (!request.stdin && !request.stdout && !request.stderr) throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  return request;
}
