// The node role's credentials on an instance, as the instance metadata service hands them out.
import type { Clock } from "../base/clock.ts";
import type { IssuedCredentials, SessionIssuer } from "../services/ports.ts";
import type { NodeBoot } from "./node-runtime.ts";

/** One hour: every role allows a session that long. */
const LIFETIME_SECONDS = 3600;
/** New ones are fetched this long before the end (EC2 User Guide, "instance metadata": at least five minutes before). */
const RENEW_BEFORE = 10 * 60 * 1000;

/** Credentials of one instance, kept until they are about to end. */
export class NodeCredentials {
  readonly #boot: NodeBoot;
  readonly #sessions: SessionIssuer;
  readonly #clock: Clock;
  #current: Promise<IssuedCredentials> | undefined;
  #renewAt = 0;

  constructor(boot: NodeBoot, sessions: SessionIssuer, clock: Clock) {
    this.#boot = boot;
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /** Rejects with AccessDenied if the role is gone or does not trust EC2. */
  get(): Promise<IssuedCredentials> {
    if (!this.#current || this.#clock.now() >= this.#renewAt) {
      this.#renewAt = Number.POSITIVE_INFINITY;
      this.#current = this.#fetch();
      this.#current.then(
        ({ expiration }) => {
          this.#renewAt = expiration - RENEW_BEFORE;
        },
        () => {
          this.#current = undefined;
        },
      );
    }
    return this.#current;
  }

  #fetch(): Promise<IssuedCredentials> {
    const { partition, account, region, instanceId, nodeRoleArn } = this.#boot;
    const service = "ec2.amazonaws.com";
    return this.#sessions.assumeRole({
      caller: { kind: "service", service, partition, accountId: account, arn: service, userId: service, sourceAccount: account },
      region,
      roleArn: nodeRoleArn,
      sessionName: instanceId,
      durationSeconds: LIFETIME_SECONDS,
    });
  }
}
