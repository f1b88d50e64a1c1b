// Assuming roles without assuming them: the real operations over sessions that are never stored, with every decision told.
import type { Caller } from "../../aws/caller.ts";
import { AwsError } from "../../aws/errors.ts";
import type { Call } from "../../aws/operation.ts";
import { accessReport } from "../../policy/report.ts";
import type { DecisionRequest, PrincipalIdentity } from "../../policy/types.ts";
import type { Rehearsal, RequestFacts, RoleRehearsal } from "../ports.ts";
import { assumeRole, roleAccount } from "./assume.ts";
import { webIdentityOperation } from "./assume-role-with-web-identity.ts";
import type { StsDeps } from "./deps.ts";
import { inputOf } from "./issuer.ts";
import { trustRefusal } from "./trust.ts";

const SOURCE = "atoll explain";

type Weighed = NonNullable<StsDeps["weighed"]>;

/** The {@link RoleRehearsal} of an STS. Nothing is stored, recorded or logged. */
export function rehearsal(deps: StsDeps): RoleRehearsal {
  const factsNow = (region: string): RequestFacts => ({
    ...{ requestId: SOURCE, region, sourceIp: SOURCE, userAgent: SOURCE, now: deps.clock.now(), secureTransport: true },
  });
  return {
    assumeRole: (request) => rehearse(deps, (stage) => assumeRole(request.caller, inputOf(request), factsNow(request.region), stage)),

    webIdentity: ({ token, roleArn, sessionName, region }) =>
      rehearse(deps, (stage) => {
        const input = { RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: token };
        return webIdentityOperation.AssumeRoleWithWebIdentity.run(input, anonymousCall(region, deps), stage);
      }),

    trust(who, action, roleArn, facts) {
      const account = roleAccount(roleArn);
      const principal: PrincipalIdentity | undefined =
        typeof who === "string" ? { kind: "web-identity", accountId: account, arn: who } : undefined;
      const caller = typeof who === "string" ? { ...anonymous("aws"), accountId: account, arn: who } : who;
      const role = deps.directory.role(roleArn);
      const conditions = { ...(typeof who === "string" && { "aws:FederatedProvider": who }), ...facts.conditions };
      const question = { caller, ...(principal && { principal }), roleArn, account, role, actions: [action], conditions, facts };
      const told: { report?: Rehearsal["decisions"][number] } = {};
      const message = trustRefusal(question, { ...deps, weighed: collector((report) => (told.report = report)) });
      const report = told.report!;
      const text = typeof who === "string" ? `Not authorized to perform ${action}` : message;
      return text !== undefined && !report.allowed ? { ...report, answer: { code: "AccessDenied", message: text, status: 403 } } : report;
    },
  };
}

type Outcome<T> = T extends Promise<unknown> ? Promise<Rehearsal> : Rehearsal;

/** Runs `act` on a stage: sessions go nowhere, decisions are kept, errors become the answer. */
function rehearse<T>(deps: StsDeps, act: (stage: StsDeps) => T): Outcome<T> {
  const decisions: Rehearsal["decisions"][number][] = [];
  let session: Caller | undefined;
  const stage: StsDeps = {
    ...deps,
    weighed: collector((report) => decisions.push(report)),
    sessions: {
      issue(caller, expiration) {
        session = caller;
        return { accessKeyId: "", secretAccessKey: "", sessionToken: "", expiration };
      },
    },
  };
  const done = (): Rehearsal => ({ decisions, ...(session && { session: session.arn, caller: session }) });
  const failed = (error: unknown): Rehearsal => {
    if (!(error instanceof AwsError)) throw error;
    const { code, message, status } = error;
    return { decisions, answer: { code, message, ...(status !== undefined && { status }) } };
  };
  try {
    const result = act(stage);
    return (result instanceof Promise ? result.then(done, failed) : done()) as Outcome<T>;
  } catch (error) {
    return failed(error) as Outcome<T>;
  }
}

function collector(tell: (report: Rehearsal["decisions"][number]) => void): Weighed {
  return (_, request: DecisionRequest, decision, allowed) => tell({ ...accessReport(request, decision), allowed });
}

const anonymous = (partition: string) => ({ kind: "anonymous" as const, partition, accountId: "", arn: "", userId: "" });

function anonymousCall(region: string, { clock }: StsDeps): Call {
  return {
    ...{ requestId: SOURCE, partition: "aws", account: "", region, caller: anonymous("aws"), now: clock.now() },
    ...{ sourceIp: SOURCE, userAgent: SOURCE, endpoint: "https://sts" },
    async authorize() {},
  };
}
