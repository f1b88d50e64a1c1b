// Messages of gnostic's openapi.v2.Document that a Kubernetes API server writes: members, numbers and types.

/** How a member of a message is written. */
export interface Member {
  readonly number: number;
  /** A scalar (`string bool int64 double any`), a message, a choice, or a map by the name of what it holds. */
  readonly type: string;
  readonly repeated: boolean;
}

/** A message with the JSON names of its members; `extensions` is the number of its vendor extensions. */
export interface Message {
  readonly members: ReadonlyMap<string, Member>;
  readonly extensions: number | undefined;
}

/** Members as `name=number:type`, `*` for repeated ones, `string` when no type is named; `x-` stands for vendor extensions. */
const lines: Readonly<Record<string, string>> = {
  Document:
    "swagger=1 info=2:Info host=3 basePath=4 schemes=5* consumes=6* produces=7* paths=8:Paths definitions=9:Schemas " +
    "security=12:SecurityRequirement* securityDefinitions=13:SecurityDefinitions x-=16",
  Info: "title=1 version=2 description=3 termsOfService=4 x-=7",
  PathItem:
    "$ref=1 get=2:Operation put=3:Operation post=4:Operation delete=5:Operation options=6:Operation head=7:Operation " +
    "patch=8:Operation parameters=9:ParametersItem* x-=10",
  Operation:
    "tags=1* summary=2 description=3 operationId=5 produces=6* consumes=7* parameters=8:ParametersItem* responses=9:Responses " +
    "schemes=10* deprecated=11:bool security=12:SecurityRequirement* x-=13",
  JsonReference: "$ref=1 description=2",
  BodyParameter: "description=1 name=2 in=3 required=4:bool schema=5:Schema x-=6",
  QueryParameter:
    "required=1:bool in=2 description=3 name=4 allowEmptyValue=5:bool type=6 format=7 pattern=17 uniqueItems=20:bool enum=21:any* x-=23",
  PathParameter: "required=1:bool in=2 description=3 name=4 type=5 format=6 pattern=16 uniqueItems=19:bool enum=20:any* x-=22",
  Response: "description=1 schema=2:SchemaItem x-=5",
  ApiKeySecurity: "type=1 name=2 in=3 description=4 x-=5",
  Schema:
    "$ref=1 format=2 title=3 description=4 default=5:any multipleOf=6:double maximum=7:double exclusiveMaximum=8:bool minimum=9:double " +
    "exclusiveMinimum=10:bool maxLength=11:int64 minLength=12:int64 pattern=13 maxItems=14:int64 minItems=15:int64 uniqueItems=16:bool " +
    "maxProperties=17:int64 minProperties=18:int64 required=19* enum=20:any* additionalProperties=21:AdditionalPropertiesItem " +
    "type=22:TypeItem items=23:ItemsItem allOf=24:Schema* properties=25:Schemas discriminator=26 readOnly=27:bool " +
    "externalDocs=29:ExternalDocs example=30:any x-=31",
  ExternalDocs: "description=1 url=2 x-=3",
};

function parse(line: string): Message {
  const members = new Map<string, Member>();
  let extensions: number | undefined;
  for (const entry of line.split(" ")) {
    const [, name = "", number = "", type = "string", star] = /^(.+)=(\d+)(?::(\w+))?(\*)?$/.exec(entry) ?? [];
    if (name === "x-") extensions = Number(number);
    else members.set(name, { number: Number(number), type, repeated: star !== undefined });
  }
  return { members, extensions };
}

export const messages: ReadonlyMap<string, Message> = new Map(Object.entries(lines).map(([name, line]) => [name, parse(line)]));

/** Messages that hold named entries: the number of the entries, what each holds, and the number of vendor extensions. */
export const maps: Readonly<Record<string, { readonly number: number; readonly holds: string; readonly extensions?: number }>> = {
  Paths: { number: 2, holds: "PathItem", extensions: 1 },
  Responses: { number: 1, holds: "ResponseValue", extensions: 2 },
  Schemas: { number: 1, holds: "Schema" },
  SecurityDefinitions: { number: 1, holds: "SecurityDefinitionsItem" },
  SecurityRequirement: { number: 1, holds: "StringArray" },
};

/** A way down through nested choices, and what lies at its end. */
export interface Choice {
  readonly numbers: readonly number[];
  readonly type: string;
}

const places: Readonly<Record<string, Choice>> = {
  body: { numbers: [1, 1], type: "BodyParameter" },
  query: { numbers: [1, 2, 3], type: "QueryParameter" },
  path: { numbers: [1, 2, 4], type: "PathParameter" },
};

const only = (type: string, number = 1) => ({ numbers: [number], type });

/** Messages of which one of several members is set: which one it is for a value. */
export const choices: Readonly<Record<string, (value: any) => Choice>> = {
  ParametersItem: (value) => places[value.in] ?? only("JsonReference", 2),
  ResponseValue: (value) => ("$ref" in value ? only("JsonReference", 2) : only("Response")),
  SchemaItem: () => only("Schema"),
  AdditionalPropertiesItem: (value) => (typeof value === "boolean" ? only("bool", 2) : only("Schema")),
  SecurityDefinitionsItem: () => only("ApiKeySecurity", 2),
  TypeItem: () => only("string"),
  ItemsItem: () => only("Schema"),
};
