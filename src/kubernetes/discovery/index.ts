// Discovery documents for the API server.
export { acceptedDiscovery, aggregatedDiscovery, aggregatedMediaType, type DiscoveryVersion, etagOf } from "./aggregated.ts";
export { apiGroup, apiGroupList, apiResourceList, apiVersions, storageVersionHash } from "./lists.ts";
export { compareVersions, groupResources, priorityOf, type ServedGroup, type ServedVersion } from "./order.ts";
