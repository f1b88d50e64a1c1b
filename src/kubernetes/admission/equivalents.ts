// The same object in other versions and groups, for rules that name those (matchPolicy Equivalent).
import type { KubeObject, NewObject } from "../api/object.ts";
import type { AdmissionRequest } from "./types.ts";

/** A request as it would look in another version. */
export interface Equivalent {
  readonly request: AdmissionRequest;
  /** Brings a changed object back into the request's own version. */
  back(object: NewObject): NewObject;
}

/** Every other form of a request's resource. */
export type FindEquivalents = (request: AdmissionRequest) => readonly Equivalent[];

/** Conversions of one other form. */
export interface OtherForm {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  there(object: KubeObject): KubeObject;
  back(object: KubeObject): KubeObject;
}

/** A request in another form; its own kind and resource stay known as those of the original request. */
export function equivalent(request: AdmissionRequest, form: OtherForm): Equivalent {
  const { group, version, plural: resource, kind } = form;
  const convert = <T extends NewObject | KubeObject | undefined>(object: T): T =>
    object && (form.there(structuredClone(object) as KubeObject) as T);
  return {
    request: {
      ...request,
      group,
      version,
      kind,
      resource,
      original: { group: request.group, version: request.version, kind: request.kind, resource: request.resource },
      object: convert(request.object),
      oldObject: convert(request.oldObject),
    },
    back: (object) => form.back(object as KubeObject),
  };
}
