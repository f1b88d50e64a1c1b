// The simulated kubelets, for those outside this folder.
export { type FleetOptions, KubeletFleet } from "./fleet.ts";
export type { Kubelet } from "./kubelet.ts";
export { containerLogs, type LogLine } from "./logs.ts";
export type { NetworkState } from "./node-status.ts";
export { type PodToken, PodTokens, type TokenSource, tokenSources } from "./tokens.ts";
export type { NodeFacts, PodNetwork, PodNetworkResult } from "./types.ts";
