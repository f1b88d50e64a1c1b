// Query parameters of writes and reads.
import type { IncomingMessage } from "node:http";
import { invalid, invalidObject, notSupported } from "../../api/field-error.ts";
import { badRequest } from "../../api/status.ts";
import type { UserInfo } from "../../auth/types.ts";
import type { WriteOptions } from "../context.ts";
import type { DeleteRequest } from "../delete.ts";

/** Options of a write from its query. `kind` names the options in errors. Throws 422. */
export function writeOptions(
  request: IncomingMessage,
  query: URLSearchParams,
  user: UserInfo,
  warnings: string[],
  kind: string,
): WriteOptions {
  const dryRun = query.getAll("dryRun").filter((each) => each !== "");
  for (const each of dryRun) if (each !== "All") throw optionError(kind, notSupported("dryRun", each, ["All"]));
  const validation = query.get("fieldValidation") || "Warn";
  if (!["Strict", "Warn", "Ignore"].includes(validation)) {
    throw optionError(kind, notSupported("fieldValidation", validation, ["", "Ignore", "Strict", "Warn"]));
  }
  const manager = query.get("fieldManager") ?? "";
  if (manager.length > 128)
    throw optionError(kind, { reason: "FieldValueTooLong", field: "fieldManager", body: "Too long: may not be more than 128 bytes" });
  if (/[^\x20-\x7e]/.test(manager)) throw optionError(kind, invalid("fieldManager", manager, "should only contain printable characters"));
  return {
    user,
    dryRun: dryRun.length > 0,
    fieldManager: manager || agentName(request),
    fieldValidation: validation as WriteOptions["fieldValidation"],
    warnings,
  };
}

function optionError(kind: string, error: { reason: string; field: string; body: string }) {
  return invalidObject("meta.k8s.io", kind, "", [error]);
}

/** The field manager of a client that names none: its user agent up to the slash. */
export function agentName(request: IncomingMessage): string {
  const agent = (request.headers["user-agent"] ?? "").split("/")[0]!.slice(0, 128);
  return agent || "unknown";
}

/** DeleteOptions of body and query; the body wins. Throws 400 and 422. */
export function deleteRequest(query: URLSearchParams, body: Record<string, any> | undefined): DeleteRequest & { readonly dryRun: boolean } {
  const options: Record<string, any> = { ...body };
  const grace = query.get("gracePeriodSeconds");
  if (grace !== null && options.gracePeriodSeconds === undefined) options.gracePeriodSeconds = Number(grace);
  if (query.has("propagationPolicy")) options.propagationPolicy ??= query.get("propagationPolicy");
  if (query.has("orphanDependents")) options.orphanDependents ??= query.get("orphanDependents") === "true";
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun } = options;
  if (gracePeriodSeconds !== undefined && gracePeriodSeconds !== null && !Number.isInteger(gracePeriodSeconds))
    throw badRequest("gracePeriodSeconds must be an integer");
  if (propagationPolicy && orphanDependents !== undefined && orphanDependents !== null) {
    throw optionError(
      "DeleteOptions",
      invalid("propagationPolicy", propagationPolicy, "orphanDependents and deletionPropagation cannot be both set"),
    );
  }
  if (propagationPolicy && !["Orphan", "Background", "Foreground"].includes(propagationPolicy)) {
    throw optionError("DeleteOptions", notSupported("propagationPolicy", propagationPolicy, ["Foreground", "Background", "Orphan", "nil"]));
  }
  return {
    ...(typeof gracePeriodSeconds === "number" && { gracePeriodSeconds }),
    ...(propagationPolicy && { propagationPolicy }),
    ...(typeof orphanDependents === "boolean" && { orphanDependents }),
    ...(preconditions && { preconditions }),
    dryRun: Array.isArray(dryRun) ? dryRun.includes("All") : query.getAll("dryRun").includes("All"),
  };
}
