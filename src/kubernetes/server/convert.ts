// Between the version an object is kept in and the one a client speaks.
import type { KubeObject } from "../api/object.ts";
import { apiVersionOf } from "../schema/resource.ts";
import { eventFromCore, eventToCore } from "./convert-event.ts";
import { hpaFromV2, hpaToV2 } from "./convert-hpa.ts";
import type { ResourceInfo } from "./resource.ts";

/** `apps/v1` of the form a resource's objects are kept in. */
export const storageVersionOf = (resource: ResourceInfo): string => apiVersionOf(resource.storage);

/** Whether stored bytes can be sent as they are. */
export function isStoredForm(resource: ResourceInfo): boolean {
  if (resource.custom && !resource.custom.stored.asWritten) return false;
  return resource.storage.version === resource.version && resource.storage.group === resource.group;
}

/** The stored object in the resource's version. The result may share parts with the stored one. */
export function fromStorage(object: KubeObject, resource: ResourceInfo): KubeObject {
  if (resource.custom) return resource.custom.stored.read(object);
  const apiVersion = apiVersionOf(resource);
  if (object.apiVersion === apiVersion) return object;
  if (resource.kind === "Event") return eventFromCore(object);
  if (resource.kind === "HorizontalPodAutoscaler" && resource.version === "v1") return hpaFromV2(object);
  return { ...object, apiVersion };
}

/** The object in the form it is kept in. */
export function toStorage(object: KubeObject, resource: ResourceInfo): KubeObject {
  if (resource.custom) return resource.custom.stored.write(object);
  const apiVersion = storageVersionOf(resource);
  if (object.apiVersion === apiVersion) return object;
  if (resource.kind === "Event") return eventToCore(object);
  if (resource.kind === "HorizontalPodAutoscaler" && resource.version === "v1") return hpaToV2(object);
  return { ...object, apiVersion };
}
