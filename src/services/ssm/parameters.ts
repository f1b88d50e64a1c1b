// Parameter Store's reads. The only parameters are AWS's public ones: an account's own cannot be made here (Systems Manager API Reference).
import type { Parameter } from "@aws-sdk/client-ssm";
import { parseArn } from "../../aws/arn.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { badFilter, badToken, invalid, parameterNotFound, parameterVersionNotFound } from "./errors.ts";
import { type PublicParameter, publicParameters } from "./public-parameters.ts";

const VERSION = 1;

/** What a request calls a parameter: name or ARN, with a version or label after a colon. */
interface Reference {
  readonly name: string;
  readonly selector?: string;
}

function referenceOf(text: string): Reference {
  const named = text.startsWith("arn:") ? (parseArn(text)?.resource.replace(/^parameter/, "") ?? text) : text;
  const [name = "", selector, ...more] = named.split(":");
  if (more.length > 0) throw invalid("Parameter name: can't contain more than one colon.");
  return { name, ...(selector !== undefined && { selector }) };
}

/** Public parameters belong to no account. */
function arnOf({ partition, region, account }: Call, name: string): string {
  const owner = name.startsWith("/aws/service/") ? "" : account;
  return `arn:${partition}:ssm:${region}:${owner}:parameter${name.startsWith("/") ? name : `/${name}`}`;
}

const resourceOf = (text: string, call: Call) => (text.startsWith("arn:") ? text : arnOf(call, text.split(":")[0]!));

function view(call: Call, { name, value, modifiedAt }: PublicParameter, selector?: string): Parameter {
  return {
    Name: name,
    Type: "String",
    Value: value,
    Version: VERSION,
    ...(selector !== undefined && { Selector: `:${selector}` }),
    LastModifiedDate: new Date(modifiedAt),
    ARN: arnOf(call, name),
    DataType: "text",
  };
}

/** The parameter, or undefined if there is none. Throws ParameterVersionNotFound. */
function find(call: Call, text: string): Parameter | undefined {
  const { name, selector } = referenceOf(text);
  const parameter = publicParameters(call.region).get(name);
  if (!parameter) return undefined;
  if (selector !== undefined && selector !== String(VERSION)) throw parameterVersionNotFound(name, selector);
  return view(call, parameter, selector);
}

export const parameters = {
  GetParameter: {
    resource: ({ Name = "" }, call) => resourceOf(Name, call),
    run({ Name = "" }, call) {
      const parameter = find(call, Name);
      if (!parameter) throw parameterNotFound();
      return { Parameter: parameter };
    },
  },

  GetParameters: {
    resource: ({ Names = [] }, call) => Names.map((name) => resourceOf(name, call)),
    run({ Names = [] }, call) {
      if (new Set(Names).size < Names.length) throw invalid("Duplicate parameter names are not allowed.");
      const lookUp = (name: string) => {
        try {
          return find(call, name);
        } catch {
          return undefined;
        }
      };
      const found = Names.map((name) => [name, lookUp(name)] as const);
      return {
        Parameters: found.flatMap(([, parameter]) => parameter ?? []),
        InvalidParameters: found.flatMap(([name, parameter]) => (parameter ? [] : [name])),
      };
    },
  },

  GetParametersByPath: {
    resource: ({ Path = "" }, call) => arnOf(call, Path),
    run({ Path = "", Recursive = false, ParameterFilters = [], MaxResults = 10, NextToken }, call) {
      if (!/^\/([\w.-]+\/?)*$/.test(Path))
        throw invalid("The parameter path must start with a slash and name a hierarchy: /level-1/level-2.");
      const stranger = ParameterFilters.find(({ Key }) => Key !== "Type" && Key !== "KeyId");
      if (stranger) throw badFilter(stranger.Key ?? "");
      const base = Path.endsWith("/") ? Path : `${Path}/`;
      const after = NextToken === undefined ? "" : open(NextToken, base);
      const plain = ParameterFilters.every(({ Key, Values = [] }) => Key === "Type" && Values.includes("String"));
      const below = [...publicParameters(call.region).values()].filter(
        ({ name }) => plain && name.startsWith(base) && name > after && (Recursive || !name.slice(base.length).includes("/")),
      );
      const page = below.slice(0, MaxResults);
      return {
        Parameters: page.map((parameter) => view(call, parameter)),
        ...(below.length > page.length && { NextToken: seal(page.at(-1)!.name) }),
      };
    },
  },

  /** Lists the account's own parameters: there are none. */
  DescribeParameters: { run: () => ({ Parameters: [] }) },
} satisfies Operations<Sdk["ssm"], object>;

const seal = (name: string) => Buffer.from(`p1:${name}`).toString("base64");

function open(token: string, base: string): string {
  const text = Buffer.from(token, "base64").toString();
  if (!text.startsWith(`p1:${base}`)) throw badToken();
  return text.slice(3);
}
