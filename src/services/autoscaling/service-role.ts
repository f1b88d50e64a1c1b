// Auto Scaling acting in the customer's account, through its service-linked role (Amazon EC2 Auto Scaling User Guide, "Service-linked roles").
import type { CallOptions } from "../../aws/operation.ts";
import type { IamDirectory, SessionIssuer } from "../ports.ts";

export const AUTO_SCALING = "autoscaling.amazonaws.com";

/** Options of calls Auto Scaling makes; the role is made if the account lacks it. Session name `AutoScaling`. */
export function asAutoScaling(
  { directory, sessions }: { readonly directory: Pick<IamDirectory, "ensureServiceLinkedRole">; readonly sessions: SessionIssuer },
  { account, region }: { readonly account: string; readonly region: string },
): CallOptions {
  const role = directory.ensureServiceLinkedRole(account, AUTO_SCALING);
  const caller = sessions.callerFor(role, "AutoScaling", { invokedBy: AUTO_SCALING });
  return { caller, region, account, sourceIp: AUTO_SCALING, userAgent: AUTO_SCALING };
}
