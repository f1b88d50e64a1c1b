// Terraform and the AWS provider, if the machine has both: no test downloads a provider.
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { onPath, type Result, run } from "./run.ts";

const PROVIDER = join("registry.terraform.io", "hashicorp", "aws");

/** Directories that Terraform itself looks into, and those that administrators put under /opt. */
function mirrors(): string[] {
  const own = [join(homedir(), ".terraform.d", "plugins"), "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"];
  const others = existsSync("/opt") ? readdirSync("/opt").map((name) => join("/opt", name)) : [];
  return [...own, ...others];
}

/** Directory of a filesystem mirror that has the AWS provider. */
export const providerMirror = () => mirrors().find((directory) => existsSync(join(directory, PROVIDER)));

/** Why Terraform cannot be run here; false if it can. */
export function missingTerraform(): string | false {
  if (!onPath("terraform")) return "needs terraform";
  return providerMirror() === undefined && "needs a filesystem mirror with Terraform's provider hashicorp/aws";
}

/** A copy of a configuration in a directory of its own. */
export interface Workspace {
  readonly directory: string;
  /** Runs `terraform <args>`; variables by name. */
  terraform(args: readonly string[], variables?: Readonly<Record<string, unknown>>): Promise<Result>;
}

/** Copies the configuration at `source` and points Terraform at the mirror alone. */
export function workspace(source: string, home: string, env: Readonly<Record<string, string>>): Workspace {
  const directory = join(home, "terraform");
  mkdirSync(directory, { recursive: true });
  for (const file of readdirSync(source).filter((name) => name.endsWith(".tf"))) cpSync(join(source, file), join(directory, file));
  const config = join(home, "terraform.rc");
  writeFileSync(config, `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(providerMirror())}\n  }\n}\n`);
  const settings = { ...env, TF_CLI_CONFIG_FILE: config, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_INPUT: "0" };
  return {
    directory,
    terraform(args, variables = {}) {
      const given = Object.entries(variables).map(([name, value]) => [
        `TF_VAR_${name}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]);
      return run("terraform", args, { cwd: directory, env: { ...settings, ...Object.fromEntries(given) }, patience: 180_000 });
    },
  };
}
