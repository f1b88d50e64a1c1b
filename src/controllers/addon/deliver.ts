// CREATING and UPDATING: the objects applied, then healthy in time (spec addons §3.1, §3.2).
import { findBundle } from "../../clusters/addons/bundle.ts";
import { install } from "../../clusters/addons/install.ts";
import { StatusError } from "../../kubernetes/api/object.ts";
import { findMarketplaceAddon } from "../../services/eks/addons/catalogue.ts";
import { childKey } from "../../services/eks/arn.ts";
import type { AddonRecord, AddonSettings } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";
import type { Again } from "../loop.ts";
import { remaining } from "../timing.ts";
import { applyAddon, type Resolution } from "./apply.ts";
import { AddonFailure, addonFailure } from "./failure.ts";
import { finish } from "./finish.ts";
import { ailment } from "./health.ts";
import { addonObjects, type Place } from "./objects.ts";

/** Pods of a simulated node are ready in an instant, those of a real one are not. */
const nextLook = (waited: number): Again => ({ after: waited < 2000 ? 25 : 250 });
const NOT_SUBSCRIBED =
  "You are currently not subscribed to this add-on. To subscribe, visit the AWS Marketplace console, agree to the seller EULA, select the pricing type if required, then re-install the add-on";

/** Takes a new or changing add-on as far as it goes. `applied` remembers by key what was applied, so that it is done once. */
export async function deliver(
  deps: ControllerDeps,
  key: string,
  place: Place,
  applied: Map<string, string>,
  failures: number,
): Promise<Again | undefined> {
  const { addon, kube } = place;
  const settings = addon.wanted ?? addon;
  const attempt = `${addon.arn}/${addon.activeUpdate}`;
  try {
    if (applied.get(key) !== attempt) {
      checkPrerequisites(place);
      await ensureNamespace(place);
      const objects = addonObjects(place, settings);
      await applyAddon(kube, objects, resolution(place), () => markInstalled(deps, key, addon));
      applied.set(key, attempt);
    }
  } catch (error) {
    const failure = addonFailure(error, failures);
    if (!failure) throw error;
    deps.log.info({ addon: key, code: failure.code, reason: failure.message }, "add-on could not be applied");
    finish(deps, key, addon, addon.status === "CREATING" ? "CREATE_FAILED" : "UPDATE_FAILED", failure);
    return undefined;
  }
  return waitForHealth(deps, key, place, settings);
}

async function waitForHealth(deps: ControllerDeps, key: string, place: Place, settings: AddonSettings): Promise<Again | undefined> {
  const { addon, cluster, kube } = place;
  const now = deps.clock.now();
  const update = addon.activeUpdate ? deps.state.updates.get(childKey(cluster, cluster.name, addon.activeUpdate)) : undefined;
  const began = update?.createdAt ?? addon.createdAt;
  const problem = ailment(kube, addonObjects(place, settings));
  if (!problem) {
    const wait = remaining(now, began, deps.timing.addonCreate);
    if (wait > 0) return { after: wait };
    finish(deps, key, addon, "ACTIVE");
    return undefined;
  }
  if (remaining(now, began, deps.timing.addonRollout) > 0) return nextLook(now - began);
  if (addon.wanted) await install(kube, addonObjects(place, addon)).catch((error: unknown) => reported(deps, key, error));
  finish(deps, key, addon, "DEGRADED", problem);
  return undefined;
}

function markInstalled({ state }: ControllerDeps, key: string, { arn, installed }: AddonRecord): void {
  if (!installed) state.addons.update(key, (current) => (current.arn === arn ? { ...current, installed: true } : current));
}

/** A failed way back is no reason to stay UPDATING for ever: health shows what is wrong. */
const reported = (deps: ControllerDeps, key: string, error: unknown) =>
  deps.log.warn({ addon: key, err: error }, "the add-on's former version could not be restored");

function resolution(place: Place): Resolution {
  const { addon } = place;
  if (addon.resolveConflicts !== "PRESERVE") return { mode: addon.resolveConflicts };
  const { configurationValues: _, ...plain } = addon.wanted ?? addon;
  return { mode: "PRESERVE", plain: addonObjects(place, plain) };
}

function checkPrerequisites({ addon, kube }: Place): void {
  if (findMarketplaceAddon(addon.name)) throw new AddonFailure("AddonSubscriptionNeeded", NOT_SUBSCRIBED);
  if (!findBundle(addon.name)?.needsCertManager) return;
  if (kube.get("customresourcedefinitions.apiextensions.k8s.io", "", "certificates.cert-manager.io")) return;
  throw new AddonFailure("K8sResourceNotFound", `Add-on ${addon.name} requires cert-manager, which is not installed in the cluster`, [
    "certificates.cert-manager.io",
  ]);
}

async function ensureNamespace({ addon: { namespace }, kube }: Place): Promise<void> {
  if (kube.get("namespaces", "", namespace)) return;
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  await kube.create("namespaces", "", object).catch((error: unknown) => {
    if (!(error instanceof StatusError) || error.code !== 409) throw error;
  });
}
