// One Config from flags, ATOLL_* environment, a file and defaults, in that order of precedence; the only reader of settings from process.env.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { hasRoomForSockets, LONGEST_BASE } from "./cni/socket/paths.ts";

const port = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]),
  v.integer(),
  v.minValue(0),
  v.maxValue(65_535),
);
const flag = v.union([
  v.boolean(),
  v.pipe(
    v.picklist(["true", "false", "1", "0"]),
    v.transform((text) => text === "true" || text === "1"),
  ),
]);

const schema = v.strictObject({
  /** Where state lives. */
  dataDir: v.string(),
  host: v.string(),
  /** Port of the AWS APIs, plain HTTP; 0 picks a free one. */
  port,
  /** Port of the AWS APIs and OIDC issuers over TLS; 0 picks a free one. */
  tlsPort: port,
  /** Account of the first root key. */
  account: v.pipe(v.string(), v.regex(/^\d{12}$/, "an AWS account id has twelve digits")),
  region: v.pipe(v.string(), v.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "not the name of an AWS region")),
  /** Base of the clusters' OIDC issuer URLs; empty: this server's own TLS endpoint. */
  issuerBase: v.string(),
  /** `immediate`: transitions take as long as the work. `realistic`: as long as on AWS. */
  timing: v.picklist(["immediate", "realistic"]),
  /** Whether EC2 throttles calls as on AWS. */
  ec2Throttling: flag,
  /** Milliseconds by which the instance metadata service lags behind EC2. */
  imdsLag: v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,5}$/), v.transform(Number))]),
    v.integer(),
    v.minValue(0),
    v.maxValue(60_000),
  ),
  /** Which free address EC2 gives: any, as on AWS, which fragments subnets; or the lowest, the same each time. */
  addressChoice: v.picklist(["random", "sequential"]),
  /** Network interfaces an account may have in a region: 5,000 on AWS, which raises it on request. Clusters of thousands of nodes need more. */
  interfaceQuota: v.pipe(v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]), v.integer(), v.minValue(1)),
  /** Directory below which every node serves ipamd's gRPC API on a Unix socket; empty: none does. */
  cniSockets: v.pipe(
    v.string(),
    v.transform((path) => (path === "" ? "" : resolve(path))),
    v.check(hasRoomForSockets, `the path of a Unix socket may not be that long; a directory of up to ${LONGEST_BASE} bytes may be named`),
  ),
  /** Keep nothing on disk. */
  ephemeral: flag,
  logLevel: v.picklist(["trace", "debug", "info", "warn", "error", "silent"]),
});

/** Everything that can be set from outside. */
export type Config = v.InferOutput<typeof schema>;

/** Values given by flags; undefined ones count as not given. */
export type Flags = { readonly [K in keyof Config]?: unknown };

const DEFAULTS: Config = {
  dataDir: join(homedir(), ".atoll"),
  host: "127.0.0.1",
  port: 4566,
  tlsPort: 4567,
  account: "111122223333",
  region: "us-west-2",
  issuerBase: "",
  timing: "immediate",
  ec2Throttling: false,
  imdsLag: 0,
  addressChoice: "random",
  interfaceQuota: 5000,
  cniSockets: "",
  ephemeral: false,
  logLevel: "warn",
};

/** A setting has a value it cannot have; the message says which and where it came from. */
export class ConfigError extends Error {}

/** Reads the configuration. Throws ConfigError. The file is `<dataDir>/config.json`, and may be absent. */
export function readConfig(flags: Flags, environment: NodeJS.ProcessEnv = process.env): Config {
  const given = { ...fromEnvironment(environment), ...defined(flags) };
  const dataDir = resolve(String(given.dataDir ?? DEFAULTS.dataDir));
  const result = v.safeParse(schema, { ...DEFAULTS, ...fromFile(join(dataDir, "config.json")), ...given, dataDir });
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new ConfigError(`setting ${v.getDotPath(issue) ?? ""}: ${issue.message}`);
}

/** `ATOLL_DATA_DIR` sets dataDir, and so on. */
function fromEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const values: Record<string, string> = {};
  for (const key of Object.keys(DEFAULTS)) {
    const value = environment[`ATOLL_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`];
    if (value !== undefined && value !== "") values[key] = value;
  }
  return values;
}

function fromFile(path: string): object {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return {};
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${path} is not JSON: ${(error as Error).message}`);
  }
}

function defined(flags: Flags): Record<string, unknown> {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}
