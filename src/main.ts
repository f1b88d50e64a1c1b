// The server process: flags in, a ready line and a clean stop out. Nothing imports it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startAtoll } from "./atoll.ts";
import { removeConnection, writeConnection } from "./base/connection.ts";
import { ConfigError, type Flags, readConfig } from "./config.ts";
import { PortError } from "./listen.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    ...{ "data-dir": text, host: text, port: text, "tls-port": text, account: text, region: text },
    ...{
      "issuer-base": text,
      timing: text,
      "imds-lag": text,
      "interface-quota": text,
      "address-choice": text,
      "cni-sockets": text,
      "log-level": text,
    },
    ...{ "ec2-throttling": { type: "boolean" }, ephemeral: { type: "boolean" } },
  },
});
const flags = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase()), value]),
);

try {
  await main(flags as Flags);
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof PortError)) throw error;
  process.stderr.write(`atoll: ${error.message}\n`);
  process.exitCode = 1;
}

async function main(given: Flags): Promise<void> {
  const began = performance.now();
  const config = readConfig(given);
  const atoll = await startAtoll(config);
  const { endpoint, tlsEndpoint, adminToken, rootKey } = atoll;
  const { account, region, dataDir } = config;
  const certificateAuthority = join(dataDir, "ca.crt");
  const connection = { pid: process.pid, endpoint, tlsEndpoint, certificateAuthority, adminToken, account, region };
  writeConnection(dataDir, { ...connection, accessKeyId: rootKey.accessKeyId, secretAccessKey: rootKey.secretAccessKey });
  writeFileSync(certificateAuthority, atoll.certificateAuthority);
  process.stdout.write(
    [
      `Atoll is ready at ${endpoint} after ${Math.round(performance.now() - began)} ms (account ${account}, region ${region}).`,
      'In another shell:  eval "$(atoll env)"',
      "",
    ].join("\n"),
  );

  const signal = await Promise.race([atoll.stopRequested, once("SIGINT"), once("SIGTERM")]);
  process.stdout.write(`Stopping${signal ? ` on ${signal}` : ""} …\n`);
  // A second Ctrl-C does not wait.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
  await atoll.close();
  removeConnection(dataDir);
  process.exit(0);
}

function once(signal: "SIGINT" | "SIGTERM"): Promise<string> {
  return new Promise((resolve) => process.once(signal, () => resolve(signal)));
}
