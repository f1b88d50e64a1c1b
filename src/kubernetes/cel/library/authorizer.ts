// Kubernetes' authorizer functions for CEL: may this user do that?
import type { Environment } from "@marcbachmann/cel-js";
import type { Verdict } from "../../auth/types.ts";

/** What a check asks for. */
export interface Question {
  readonly path?: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Another account than the request's user. */
  readonly username?: string;
  readonly verb: string;
}

/** `authorizer` in CEL. */
export class CelAuthorizer {
  readonly ask: (question: Question) => Verdict;
  readonly username: string | undefined;
  /** The check of the request's own resource. */
  requestResource: CelCheck | undefined;

  constructor(ask: (question: Question) => Verdict, username?: string) {
    this.ask = ask;
    this.username = username;
  }
}

const blank = { group: "", resource: "", subresource: "", namespace: "", name: "" };

/** A question that lacks only its verb; also `authorizer.requestResource`. */
export class CelCheck {
  readonly authorizer: CelAuthorizer;
  readonly question: Omit<Question, "verb">;

  constructor(authorizer: CelAuthorizer, question: Partial<Question>) {
    this.authorizer = authorizer;
    this.question = { ...blank, ...(authorizer.username !== undefined && { username: authorizer.username }), ...question };
  }

  with(more: Partial<Question>): CelCheck {
    return new CelCheck(this.authorizer, { ...this.question, ...more });
  }
}

class CelPath {
  readonly check: CelCheck;

  constructor(check: CelCheck) {
    this.check = check;
  }
}
class CelGroup {
  readonly check: CelCheck;

  constructor(check: CelCheck) {
    this.check = check;
  }
}
class CelDecision {
  readonly verdict: Verdict;

  constructor(verdict: Verdict) {
    this.verdict = verdict;
  }
}

/** Registers path, group, serviceAccount, resource, subresource, namespace, name, check, allowed, reason, errored and error. */
export function registerAuthorizer(environment: Environment): void {
  const ask = ({ authorizer, question }: CelCheck, verb: string) => new CelDecision(authorizer.ask({ ...question, verb }));
  environment
    .registerType("Authorizer", CelAuthorizer)
    .registerType("PathCheck", CelPath)
    .registerType("GroupCheck", CelGroup)
    .registerType("ResourceCheck", CelCheck)
    .registerType("Decision", CelDecision)
    .registerFunction(
      "Authorizer.path(string): PathCheck",
      (self: CelAuthorizer, path: string) => new CelPath(new CelCheck(self, { path })),
    )
    .registerFunction(
      "Authorizer.group(string): GroupCheck",
      (self: CelAuthorizer, group: string) => new CelGroup(new CelCheck(self, { group })),
    )
    .registerFunction(
      "Authorizer.serviceAccount(string, string): Authorizer",
      (self: CelAuthorizer, namespace: string, name: string) => new CelAuthorizer(self.ask, `system:serviceaccount:${namespace}:${name}`),
    )
    .registerFunction("PathCheck.check(string): Decision", ({ check }: CelPath, verb: string) => ask(check, verb))
    .registerFunction("GroupCheck.resource(string): ResourceCheck", ({ check }: CelGroup, resource: string) => check.with({ resource }))
    .registerFunction("ResourceCheck.subresource(string): ResourceCheck", (self: CelCheck, subresource: string) =>
      self.with({ subresource }),
    )
    .registerFunction("ResourceCheck.namespace(string): ResourceCheck", (self: CelCheck, namespace: string) => self.with({ namespace }))
    .registerFunction("ResourceCheck.name(string): ResourceCheck", (self: CelCheck, name: string) => self.with({ name }))
    .registerFunction("ResourceCheck.check(string): Decision", ask)
    .registerFunction("Decision.allowed(): bool", ({ verdict }: CelDecision) => verdict.decision === "allow")
    .registerFunction("Decision.reason(): string", ({ verdict }: CelDecision) => verdict.reason ?? "")
    .registerFunction("Decision.errored(): bool", () => false)
    .registerFunction("Decision.error(): string", () => "");
}
