// Which interfaces a description has to look at, from the filters that nodes use.
import type { Filter } from "@aws-sdk/client-ec2";
import { interfacesOf } from "./interface-attachments.ts";
import type { InterfaceRecord } from "./records.ts";
import type { Scope } from "./scope.ts";

/** Interfaces by id, among them all that the filters `attachment.instance-id` and `status` leave. */
export function candidates(scope: Scope, filters: readonly Filter[] | undefined): readonly InterfaceRecord[] {
  const ids = exactly(filters, "attachment.instance-id");
  if (ids) {
    const instances = [...new Set(ids)].flatMap((id) => scope.get("instance", id) ?? []);
    return instances.flatMap((instance) => interfacesOf(scope, instance)).sort((a, b) => (a.id < b.id ? -1 : 1));
  }
  if (exactly(filters, "status")?.every((status) => status === "available")) return scope.looseInterfaces();
  return scope.list("network-interface");
}

/** The values of a filter; undefined if it is absent or has wildcards. */
function exactly(filters: readonly Filter[] | undefined, name: string): readonly string[] | undefined {
  const values = filters?.find(({ Name }) => Name === name)?.Values;
  return values?.some((value) => /[*?\\]/.test(value)) ? undefined : values;
}
