// EKS acting in the cluster role, in sessions tagged with the cluster's name (spec eks-control-plane §16.3).
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { canAssumeClusterRole } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";

const EKS = "eks.amazonaws.com";
/** Sessions are made anew before they end after an hour. */
const SESSION_MS = 55 * 60_000;

/** Sessions of cluster roles, by cluster. */
export class ClusterRoleSessions {
  readonly #deps: ControllerDeps;
  readonly #sessions = new Map<string, { readonly options: CallOptions; readonly until: number }>();

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
  }

  /** Options of calls in the cluster role. Rejects with AccessDenied if its trust policy does not let EKS assume it with a session tag. */
  async of(cluster: ClusterRecord): Promise<CallOptions> {
    const { clock, directory, sessions } = this.#deps;
    const { account, region, name, roleArn, arn } = cluster;
    const now = clock.now();
    const present = this.#sessions.get(arn);
    if (present && now < present.until) return present.options;
    const tags = { "eks:eks-cluster-name": name };
    const role = directory.role(roleArn);
    const sessionName = `aws-go-sdk-${now}000000`;
    if (!role || !(await canAssumeClusterRole(this.#deps, cluster, roleArn, arn, sessionName, tags))) {
      throw new AwsError(
        "AccessDenied",
        `User: ${EKS} is not authorized to perform: sts:AssumeRole with sts:TagSession on resource: ${roleArn}`,
      );
    }
    const caller = sessions.callerFor(role, sessionName, { tags, invokedBy: EKS });
    const options = { caller, region, account, sourceIp: EKS, userAgent: EKS };
    this.#sessions.set(arn, { options, until: now + SESSION_MS });
    return options;
  }
}
