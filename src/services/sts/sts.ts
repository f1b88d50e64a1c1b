// AWS Security Token Service: the service, the credentials it has issued, and sessions for AWS services.
import type { Caller } from "../../aws/caller.ts";
import { type Conditions, type Service, service } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import { type Log, silentLog } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { decisionTrace } from "../../policy/report.ts";
import type { Decision, DecisionRequest } from "../../policy/types.ts";
import type { Store } from "../../store/store.ts";
import type { CallRecorder, CredentialSource, IamDirectory, IssuerKeys, RequestFacts, RoleRehearsal, SessionIssuer } from "../ports.ts";
import { assumeRoleOperation } from "./assume-role.ts";
import { webIdentityOperation } from "./assume-role-with-web-identity.ts";
import { callerIdentity } from "./caller-identity.ts";
import type { StsDeps } from "./deps.ts";
import { createIssuer } from "./issuer.ts";
import { type Fetch, IssuerKeyring } from "./issuer-keyring.ts";
import { rehearsal } from "./rehearsal.ts";
import { Sessions } from "./sessions.ts";
import { userSessions } from "./user-sessions.ts";

export interface StsOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Secrets come from it: it must be strong outside tests. */
  readonly random: Random;
  readonly directory: IamDirectory;
  /** Keys of Atoll's own issuers. */
  readonly issuerKeys: IssuerKeys;
  /** Fetches the documents of foreign issuers. */
  readonly fetch: Fetch;
  /** The policy engine. */
  readonly evaluate: (request: DecisionRequest) => Decision;
  /** Global condition keys of a caller and request, as the gateway makes them. */
  readonly globalConditions: (caller: Caller, facts: RequestFacts) => Conditions;
  /** Told why trust was refused; default: nobody. */
  readonly log?: Log;
  /** Told of the sessions that services make. */
  readonly recorder: CallRecorder;
  /** Opens encoded authorization messages; default: none is valid. */
  readonly decodeMessage?: (message: string) => string | undefined;
  /** Default: every region is. */
  readonly regionEnabled?: (account: string, region: string) => boolean;
}

export interface Sts {
  readonly service: Service;
  readonly credentials: CredentialSource;
  readonly issuer: SessionIssuer;
  readonly rehearsal: RoleRehearsal;
  /** The newest living session with that ARN, as a caller; undefined if there is none. */
  sessionByArn(arn: string): Caller | undefined;
  /** Stops the sweeping of expired sessions. */
  close(): void;
}

/** Opens STS over a store. */
export function createSts(options: StsOptions): Sts {
  const { store, clock, random, directory, issuerKeys, fetch, evaluate, globalConditions, recorder, log = silentLog } = options;
  const sessions = new Sessions({ store, clock, random });
  const deps: StsDeps = {
    sessions,
    clock,
    random,
    directory,
    keyring: new IssuerKeyring(issuerKeys, fetch, clock),
    evaluate,
    weighed(requestId, request, decision, allowed) {
      if (!allowed) log.info({ requestId, denied: decisionTrace(request, decision) }, "access denied");
    },
    globalConditions,
    decodeMessage: options.decodeMessage ?? (() => undefined),
    regionEnabled: options.regionEnabled ?? (() => true),
  };
  return {
    service: service("sts", deps, callerIdentity, assumeRoleOperation, webIdentityOperation, userSessions),
    credentials: sessions,
    issuer: createIssuer(deps, recorder),
    rehearsal: rehearsal(deps),
    sessionByArn: (arn) => sessions.newest(arn),
    close: () => sessions.close(),
  };
}
