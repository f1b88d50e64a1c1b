// Calls to Elastic Load Balancing and EC2 whose failures read as the AWS SDK for Go words them.
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions, Invoke } from "../../aws/operation.ts";
import type { Calls } from "./context.ts";

const TITLES = { elasticloadbalancing: "Elastic Load Balancing v2", ec2: "EC2" } as const;

/** Calls with options that may take a session to get. */
export function callsOf(invoke: Invoke, options: () => Promise<CallOptions>): Calls {
  const call = async (service: keyof typeof TITLES, name: string, input: object) => {
    try {
      return await (invoke as (...args: unknown[]) => Promise<never>)(service, name, input, await options());
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError(error.code, `operation error ${TITLES[service]}: ${name}, api error ${error.code}: ${error.message}`);
    }
  };
  return {
    elb: (name, input) => call("elasticloadbalancing", name, input),
    ec2: (name, input) => call("ec2", name, input),
  };
}
