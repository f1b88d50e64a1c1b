// What Atoll knows of a service besides its schemas: protocol settings, names, constraints and the words of its errors.
import type { AwsError } from "../errors.ts";
import { type Constraints, createValidator, type Violation } from "../protocol/constraints.ts";
import type { MalformedRequest } from "../protocol/malformed.ts";
import type { Mask } from "../protocol/mask.ts";
import { protocols } from "../protocol/protocols.ts";
import { readSchemas } from "../protocol/schema.ts";
import type { Shapes, StructureShape } from "../protocol/shape.ts";
import type { Protocol, ProtocolName, Settings } from "../protocol/wire.ts";
import type { AuthFailure } from "../sigv4.ts";

/** How a service says what is wrong before any of its operations has run. */
export interface Wording {
  /** Input that breaks constraints; there is at least one violation. */
  invalid(violations: readonly Violation[], operation: string): AwsError;
  /** Input that cannot be read. */
  malformed(problem: MalformedRequest): AwsError;
  unknownOperation(name: string, version: string): AwsError;
  unauthenticated(failure: AuthFailure): AwsError;
  /** `text` is IAM's sentence, `User: … is not authorized to perform: …`. */
  denied(text: string, encoded: string): AwsError;
  /** The request is too large or took too long. */
  refused(code: string, message: string, status: number): AwsError;
}

/** A service. */
export interface Model {
  /** Key of the service in Atoll: eks, eks-auth, ec2 … */
  readonly name: string;
  readonly protocol: ProtocolName;
  readonly settings: Settings;
  /** Service in the credential scope. */
  readonly signingName: string;
  readonly eventSource: string;
  /** Prefix of its IAM actions. */
  readonly actionPrefix: string;
  /** Lives in one region of the partition. */
  readonly global: boolean;
  /** Operations that need no signature. */
  readonly unsigned: ReadonlySet<string>;
  /** What CloudTrail shows for a sensitive member, and members to hide beyond those marked in the schema. */
  readonly mask: Mask;
  readonly maskAlso: ReadonlySet<string>;
  readonly wording: Wording;
  readonly constraints: Constraints;
  /** Imports the schemas, which takes some 5–150 ms: only when the service is first used. */
  load(): Promise<Readonly<Record<string, unknown>>>;
}

/** A model with its schemas. */
export interface LoadedModel {
  readonly model: Model;
  readonly shapes: Shapes;
  readonly protocol: Protocol;
  validate(shape: StructureShape, input: object): Violation[];
}

const loaded = new WeakMap<Model, Promise<LoadedModel>>();

/** Loads a model's schemas once. Rejects if the client package's format has changed. */
export function loadModel(model: Model): Promise<LoadedModel> {
  let promise = loaded.get(model);
  if (!promise) {
    promise = model.load().then((exports) => {
      const shapes = readSchemas(exports);
      return { model, shapes, protocol: protocols[model.protocol], validate: createValidator(model.constraints, shapes) };
    });
    loaded.set(model, promise);
  }
  return promise;
}

/** Whether an operation only reads, as CloudTrail's readOnly says (spec audit §A.2). */
export function isReadOnly(operation: string): boolean {
  return READ_ONLY.test(operation);
}

const READ_ONLY =
  /^(Get|List|Describe|Lookup|Simulate|Search|Filter|Test|Decode|BatchGet|Generate|Validate|Preview|AssumeRole|StartQuery$|StopQuery$|StartLiveTail$)/;
