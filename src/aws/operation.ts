// What a service is to the rest of Atoll: a table of operations, typed by the official SDK's own types.
import type { Caller } from "./caller.ts";

/** Values of one condition key. */
export type ConditionValue = string | number | boolean | readonly string[];

/** Condition keys added to a request's context, for example `{"eks:clusterName": "dev"}`. */
export type Conditions = Readonly<Record<string, ConditionValue | undefined>>;

/** One thing IAM must allow: an action on resources, in a context. */
export interface Requirement {
  /** `eks:CreateCluster`. */
  readonly action: string;
  /** ARNs, or `*` for actions without resource types. All must be allowed. */
  readonly resources: readonly string[];
  readonly conditions?: Conditions;
}

/** One authenticated request as an operation sees it. */
export interface Call {
  readonly requestId: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly caller: Caller;
  /** Epoch milliseconds at which the request was received. */
  readonly now: number;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** `http://host:port` under which the client reached Atoll; hosts in answers are built from it. */
  readonly endpoint: string;
  /** Asks IAM about something that only became known while the operation ran. Throws the service's AccessDenied error. */
  authorize(requirement: Requirement): Promise<void>;
}

/**
 * One operation of a service. `run` reads and writes the store only; work that takes time becomes a record with a transitional status
 * that a controller picks up. `run` throws AwsError and then has written nothing.
 */
export interface Operation<In, Out, Deps> {
  /** ARNs the caller needs the operation's own action on. Default `*`. */
  resource?(input: In, call: Call, deps: Deps): string | readonly string[];
  /** IAM action when it is not `service:OperationName`; `none` for operations AWS does not authorize (GetCallerIdentity). */
  readonly action?: string;
  /** Condition keys of the operation's own action. */
  conditions?(input: In, call: Call, deps: Deps): Conditions;
  /** Further permissions needed before `run`, such as iam:PassRole. */
  requires?(input: In, call: Call, deps: Deps): readonly Requirement[] | Promise<readonly Requirement[]>;
  run(input: In, call: Call, deps: Deps): Out | Promise<Out>;
}

/** Names of a client package's operations: every exported `XCommand` class. */
export type OperationName<Sdk> = { [K in keyof Sdk]: K extends `${infer Name}Command` ? Name : never }[keyof Sdk] & string;

type CommandOf<Sdk, Name extends string> = Sdk extends { [K in `${Name}Command`]: infer C } ? C : never;

/** The constructed command's input. */
export type InputOf<Sdk, Name extends string> =
  CommandOf<Sdk, Name> extends new (...args: infer A) => { input: infer I } ? (A extends unknown[] ? NonNullable<I> : never) : never;

/** The command's output without the client's own metadata. */
export type OutputOf<Sdk, Name extends string> = Sdk extends {
  [K in `${Name}Command`]: { prototype: { resolveMiddleware(...args: never[]): infer H } };
}
  ? H extends (...args: never[]) => Promise<{ output: infer O }>
    ? Omit<O, "$metadata">
    : never
  : never;

/**
 * Handlers of some operations of an AWS service, one method per operation:
 * `export const clusters = { DescribeCluster: { run({ name }, call, deps) {…} } } satisfies Operations<typeof import("@aws-sdk/client-eks"), EksDeps>`.
 */
export type Operations<Sdk, Deps> = { [Name in OperationName<Sdk>]?: Operation<InputOf<Sdk, Name>, OutputOf<Sdk, Name>, Deps> };

/** A service as the gateway holds it. Types are erased here; `satisfies Operations` has checked them. */
export interface Service {
  /** Key of its model: eks, eks-auth, ec2, iam, sts, cloudtrail, logs. */
  readonly name: string;
  readonly operations: Readonly<Record<string, Operation<never, unknown, never>>>;
  readonly deps: unknown;
}

/** Bundles operation tables and their dependencies into a {@link Service}. */
export function service<Deps>(name: string, deps: Deps, ...tables: Readonly<Record<string, Operation<never, unknown, Deps>>>[]): Service {
  return { name, deps, operations: Object.assign({}, ...tables) };
}

/** Client packages by service name: the source of every operation's types. */
export interface Sdk {
  eks: typeof import("@aws-sdk/client-eks");
  ec2: typeof import("@aws-sdk/client-ec2");
  iam: typeof import("@aws-sdk/client-iam");
  sts: typeof import("@aws-sdk/client-sts");
  cloudtrail: typeof import("@aws-sdk/client-cloudtrail");
  logs: typeof import("@aws-sdk/client-cloudwatch-logs");
  kms: typeof import("@aws-sdk/client-kms");
  ssm: typeof import("@aws-sdk/client-ssm");
  autoscaling: typeof import("@aws-sdk/client-auto-scaling");
  elasticloadbalancing: typeof import("@aws-sdk/client-elastic-load-balancing-v2");
}

/** On whose behalf and where an in-process call is made. */
export interface CallOptions {
  readonly caller: Caller;
  readonly region: string;
  /** Account addressed; default the caller's. */
  readonly account?: string;
  /** CloudTrail's sourceIPAddress and userAgent; default the service principal. */
  readonly sourceIp?: string;
  readonly userAgent?: string;
}

/**
 * Calls an AWS operation inside the process through the same authorization, execution and recording as a request from outside,
 * without HTTP, signature and codec. This is how controllers, nodes and services use other services.
 * Throws AwsError as the service does.
 */
export type Invoke = <S extends keyof Sdk, Name extends OperationName<Sdk[S]>>(
  service: S,
  operation: Name,
  input: InputOf<Sdk[S], Name>,
  options: CallOptions,
) => Promise<OutputOf<Sdk[S], Name>>;
