// What a connection is asked for, as the object that admission sees (PodExecOptions and its like), and back.
import type { NewObject } from "../api/object.ts";
import { badRequest } from "../api/status.ts";

const kinds: Readonly<Record<string, string>> = {
  "pods/exec": "PodExecOptions",
  "pods/attach": "PodAttachOptions",
  "pods/portforward": "PodPortForwardOptions",
  "pods/proxy": "PodProxyOptions",
  "services/proxy": "ServiceProxyOptions",
  "nodes/proxy": "NodeProxyOptions",
};
const switches = ["stdin", "stdout", "stderr", "tty"] as const;
const falseTexts = ["false", "0"];

/** The kind of options a subresource connects with; undefined for one that does not connect. */
export const connectKind = (resource: string, subresource: string): string | undefined => kinds[`${resource}/${subresource}`];

/**
 * The options of a connection: members that are not set are absent, except a command that is missing, which is null. `path` is what follows
 * the proxy's URL, empty or with its slash. Throws 400 for ports that are no numbers.
 */
export function connectOptions(kind: string, query: URLSearchParams, path: string): NewObject {
  const options: Record<string, unknown> = { kind, apiVersion: "v1" };
  if (kind.endsWith("ProxyOptions")) {
    if (path) options.path = path;
  } else if (kind === "PodPortForwardOptions") {
    const ports = query.getAll("ports").flatMap((each) => each.split(","));
    for (const port of ports)
      if (!/^[0-9]+$/.test(port))
        throw badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${JSON.stringify(port)}: invalid syntax`);
    if (ports.length > 0) options.ports = ports.map(Number);
  } else {
    for (const name of switches) if (query.has(name) && !falseTexts.includes((query.get(name) ?? "").toLowerCase())) options[name] = true;
    if (query.get("container")) options.container = query.get("container");
    if (kind === "PodExecOptions") options.command = query.has("command") ? query.getAll("command") : null;
  }
  return options as unknown as NewObject;
}

/** The query that asks for the options admission left, in place of the client's. */
export function queryOf(options: NewObject): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of switches) if (options[name] === true) query.set(name, "true");
  if (typeof options.container === "string") query.set("container", options.container);
  for (const name of ["command", "ports"]) for (const each of listOf(options[name])) query.append(name, String(each));
  return query;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
