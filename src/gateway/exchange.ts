// What the stages of the request path hand on to each other, and what they all may use.
import type { Caller } from "../aws/caller.ts";
import type { AwsError } from "../aws/errors.ts";
import type { LoadedModel } from "../aws/models/index.ts";
import type { Call, Service } from "../aws/operation.ts";
import type { Route, WireRequest, WireResponse } from "../aws/protocol/wire.ts";
import type { AuthFailure, Claim } from "../aws/sigv4.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { CallRecorder, CredentialSource, IamDirectory, Throttle } from "../services/ports.ts";
import type { GatewayAuthorizer } from "./authorizer.ts";

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly directory: IamDirectory;
  readonly credentials: CredentialSource;
  readonly recorder: CallRecorder;
  /** Waited for before anything is acknowledged. */
  readonly store: { readonly revision: number; flushed(): Promise<void> };
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** Refuses calls of accounts that make too many; absent: nobody is refused. */
  readonly throttle?: Throttle;
  /** Regions that exist; requests scoped to others are refused. */
  readonly regions: readonly string[];
  /** Region of requests that name none. */
  readonly defaultRegion: string;
  /** Largest request body in bytes; default 10 MiB. */
  readonly bodyLimit?: number;
  /** Milliseconds in which a body must arrive; default 30 s. */
  readonly bodyTimeout?: number;
}

/** What every stage may use. */
export interface Context extends GatewayOptions {
  readonly services: ReadonlyMap<string, Service>;
  readonly authorizer: GatewayAuthorizer;
}

/** One call on its way. Stages fill it in from the top. */
export interface Exchange {
  readonly requestId: string;
  /** Epoch milliseconds of arrival. */
  readonly now: number;
  /** Absent for in-process calls. */
  readonly wire?: WireRequest;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly endpoint: string;
  readonly secure: boolean;
  readonly revision: number;

  service?: LoadedModel;
  /** A service or an operation that Atoll does not have; said after authentication. */
  unknown?: string;
  route?: Route;
  /** Who the request says has signed it, or why it does not say. Not to be believed before authentication. */
  claim?: Claim | AuthFailure;
  caller?: Caller;
  region?: string;
  account?: string;
  input?: object;
  call?: Call;
  output?: object;
  error?: AwsError;
  response?: WireResponse;
}

/** One step. Throws AwsError, or MalformedRequest, to end the call. */
export interface Stage {
  readonly name: string;
  run(exchange: Exchange, context: Context): void | Promise<void>;
}
