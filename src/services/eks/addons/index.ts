// The add-on operations of EKS.
import { addonVersions } from "./addon-versions.ts";
import { addons } from "./addons.ts";
import { createAddon } from "./create-addon.ts";
import { updateAddon } from "./update-addon.ts";

export const addonOperations = { ...createAddon, ...addons, ...updateAddon, ...addonVersions };
