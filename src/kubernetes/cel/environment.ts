// The CEL environment of Kubernetes: the language, its extensions and Kubernetes' own functions.
import { Environment } from "@marcbachmann/cel-js";
import { registerAddresses } from "./library/addresses.ts";
import { registerAuthorizer } from "./library/authorizer.ts";
import { registerFormats } from "./library/formats.ts";
import { registerLists } from "./library/lists.ts";
import { registerQuantities } from "./library/quantities.ts";
import { registerStrings } from "./library/strings.ts";
import { registerUrls } from "./library/urls.ts";

let shared: Environment | undefined;

function base(): Environment {
  if (!shared) {
    shared = new Environment({
      homogeneousAggregateLiterals: false,
      enableOptionalTypes: true,
      limits: { maxDepth: 100, maxAstNodes: 20_000, maxCallArguments: 32, maxListElements: 5000, maxMapEntries: 5000 },
    });
    for (const register of [
      registerStrings,
      registerLists,
      registerQuantities,
      registerUrls,
      registerAddresses,
      registerFormats,
      registerAuthorizer,
    ])
      register(shared);
  }
  return shared;
}

/** An environment in which the named variables exist. Types are CEL's: dyn, string, int, list, Authorizer … */
export function environmentOf(variables: Readonly<Record<string, string>>): Environment {
  const environment = base().clone();
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
  return environment;
}
