// Registers the groups and versions of custom resources as APIServices that are served here (kube-aggregator's autoregistration).
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound, isAlreadyExists } from "../../runtime/errors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { automanaged, localService } from "../../schema/local-services.ts";

const type = "apiservices.apiregistration.k8s.io";
const definitions = "customresourcedefinitions.apiextensions.k8s.io";

const servedBy = ({ spec }: KubeObject): string[] =>
  (spec?.versions ?? []).filter(({ served }: any) => served).map(({ name }: any) => `${name}.${spec.group}`);

/** Keys are names of APIServices. Those that somebody else made for the same group are left alone. */
export function customRegistrationController({ client, stores }: ControllerDeps): Controller {
  const own = ({ metadata }: KubeObject) => metadata.labels?.[automanaged] === "true";
  const registered = (group: string) =>
    stores
      .of(type)
      .list()
      .filter((each) => own(each) && each.spec?.group === group)
      .map(({ metadata }) => metadata.name);
  return {
    name: "crd-autoregister",
    watches: [
      { type: definitions, keys: ({ object }) => [...servedBy(object), ...registered(object.spec?.group)] },
      { type, keys: ({ object }) => [keyOf(object)] },
    ],
    async reconcile(key) {
      const { name } = splitKey(key);
      const present = stores.of(type).get("", name);
      const wanted = stores
        .of(definitions)
        .list()
        .some((each) => servedBy(each).includes(name));
      if (present && !wanted && own(present)) await ignoreNotFound(client.delete(type, "", name));
      if (present || !wanted) return undefined;
      const [version = ""] = name.split(".");
      try {
        stores.of(type).observe(await client.create(type, "", localService(name.slice(version.length + 1), version, "true")));
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
      return undefined;
    },
  };
}
