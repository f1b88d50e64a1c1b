// Fills the rules of aggregated cluster roles from the cluster roles their selectors choose.
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { canonical } from "../../runtime/hash.ts";
import { compileSelector } from "../../runtime/selectors.ts";

const type = "clusterroles.rbac.authorization.k8s.io";

/** The cluster role aggregation controller. */
export function clusterRoleAggregationController({ client, stores }: ControllerDeps): Controller {
  const aggregated = () =>
    stores
      .of(type)
      .list()
      .filter((role) => role.aggregationRule);
  return {
    name: "clusterrole-aggregation",
    watches: [{ type, keys: () => aggregated().map((role) => role.metadata.name) }],
    async reconcile(name) {
      const role = stores.of(type).get("", name);
      const selectors = role?.aggregationRule?.clusterRoleSelectors as any[] | undefined;
      if (!role || !selectors?.length) return undefined;
      const rules: unknown[] = [];
      const seen = new Set<string>();
      for (const selector of selectors) {
        const matches = compileSelector(selector);
        const chosen = stores
          .of(type)
          .list()
          .filter((other) => other.metadata.name !== name && matches(other.metadata.labels));
        for (const other of chosen.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
          for (const rule of other.rules ?? []) {
            const text = canonical(rule);
            if (seen.has(text)) continue;
            seen.add(text);
            rules.push(rule);
          }
        }
      }
      if (canonical(rules) === canonical(role.rules ?? [])) return undefined;
      stores.of(type).observe(await client.update(type, { ...role, rules }));
      return undefined;
    },
  };
}
