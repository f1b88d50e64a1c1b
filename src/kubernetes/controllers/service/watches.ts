// Services and the pods behind them, as both endpoint controllers watch them.
import type { KubeObject } from "../../api/object.ts";
import type { ControllerDeps, Watch } from "../../runtime/controller.ts";
import { matchesMap } from "../../runtime/selectors.ts";
import { keyOf } from "../../runtime/store.ts";
import { concernsEndpoints } from "./addresses.ts";

/** Keys of services a change of service or pod concerns. */
export function serviceWatches({ stores }: ControllerDeps): Watch[] {
  const selecting = (pod: KubeObject) =>
    stores
      .of("services")
      .list(pod.metadata.namespace)
      .filter((service) => matchesMap(service.spec?.selector, pod.metadata.labels))
      .map(keyOf);
  return [
    { type: "services", keys: ({ object }) => [keyOf(object)] },
    {
      type: "pods",
      keys: ({ type, object, old }) => {
        if (type === "MODIFIED" && old && !concernsEndpoints(old, object)) return [];
        return [...selecting(object), ...(old && old.metadata.labels !== object.metadata.labels ? selecting(old) : [])];
      },
    },
  ];
}
