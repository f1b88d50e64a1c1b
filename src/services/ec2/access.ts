// What IAM must allow before an operation runs: resource ARNs and condition keys (Service Authorization Reference, "Amazon EC2").
import type { Call, Operation } from "../../aws/operation.ts";
import { accessRules } from "./access-rules.ts";
import type { Ec2Deps } from "./deps.ts";

type AnyOperation = Operation<never, unknown, Ec2Deps>;

/** Adds to each operation the resources, conditions and further requirements its rule states; without a rule it is on `*`. */
export function withAccess(operations: Readonly<Record<string, AnyOperation>>): Record<string, AnyOperation> {
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, guarded(name, operation)]));
}

function guarded(name: string, operation: AnyOperation): AnyOperation {
  const rule = Object.hasOwn(accessRules, name) ? accessRules[name] : undefined;
  const region = (call: Call) => ({ "ec2:Region": call.region });
  if (!rule) return { ...operation, conditions: (_input, call) => region(call) };
  return {
    ...operation,
    resource: (input, call, deps) => rule(input, call, deps)[0]?.resource ?? "*",
    conditions: (input, call, deps) => ({ ...region(call), ...rule(input, call, deps)[0]?.conditions }),
    requires: (input, call, deps) =>
      rule(input, call, deps)
        .slice(1)
        .map(({ resource, conditions, action }) => ({
          action: action ?? `ec2:${name}`,
          resources: [resource],
          conditions: { ...region(call), ...conditions },
        })),
  };
}
