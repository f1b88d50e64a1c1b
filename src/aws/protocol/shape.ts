// What a service's messages look like, in Atoll's own terms: made from the SDK's schemas, read by every codec.

/** Any value on the wire. */
export type Shape = StructureShape | ListShape | MapShape | SimpleShape;

/** A structure, or a union (exactly one member set). */
export interface StructureShape {
  readonly kind: "structure" | "union";
  readonly name: string;
  readonly members: readonly Member[];
  readonly sensitive: boolean;
}

/** An ordered list. `member.xmlName` names its elements. */
export interface ListShape {
  readonly kind: "list";
  readonly name: string;
  readonly member: Member;
  readonly sensitive: boolean;
}

/** A map from strings. */
export interface MapShape {
  readonly kind: "map";
  readonly name: string;
  readonly key: Member;
  readonly value: Member;
  readonly sensitive: boolean;
}

/** A scalar. The SDK's schemas do not tell integers from floating point numbers, nor enums from strings. */
export interface SimpleShape {
  readonly kind: "string" | "number" | "boolean" | "timestamp" | "blob";
  readonly name: string;
  readonly sensitive: boolean;
  /** Format of a timestamp, where it is not the protocol's own. */
  readonly format?: TimestampFormat;
}

/** How a moment is written. */
export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

/** A member of a structure, an element of a list, a key or value of a map. */
export interface Member {
  readonly name: string;
  /** Resolved on first use: shapes are recursive and EC2 has thousands. */
  readonly shape: Shape;
  readonly required: boolean;
  readonly sensitive: boolean;
  /** Element name in XML and key in awsQuery, where it is not the member's name. */
  readonly xmlName?: string;
  /** Key in ec2Query, where it is not derived from the XML name. */
  readonly ec2QueryName?: string;
  /** List written without an enclosing element. */
  readonly flattened: boolean;
  /** Bound to the path, a query parameter or a header instead of the body. */
  readonly label: boolean;
  readonly query?: string;
  readonly header?: string;
}

/** One operation. Absent input or output: nothing on the wire. */
export interface OperationShape {
  readonly name: string;
  readonly input: StructureShape | undefined;
  readonly output: StructureShape | undefined;
  /** REST binding. */
  readonly http?: { readonly method: string; readonly path: string; readonly status: number };
  /** Output is an event stream, which Atoll does not serve. */
  readonly streaming: boolean;
}

/** One modelled error. */
export interface ErrorShape extends StructureShape {
  /** Code on the wire: the shape's name, except in awsQuery. */
  readonly code: string;
  readonly status: number;
  readonly fault: "client" | "server";
}

/** Everything a service's schemas say. */
export interface Shapes {
  readonly operations: ReadonlyMap<string, OperationShape>;
  /** By shape name and by wire code. */
  readonly errors: ReadonlyMap<string, ErrorShape>;
  /** Values of an enum exported by the client package; undefined if there is none of that name. */
  enumValues(name: string): readonly string[] | undefined;
}
