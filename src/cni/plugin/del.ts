// aws-cni DEL (spec vpc-cni §4.2): the order decides what survives a missing ipamd.
import { interfaceTable, MAIN_TABLE } from "../datapath/names.ts";
import { UNKNOWN_POD } from "../pool/data-store.ts";
import type { CniRpc, DelNetworkReply } from "../rpc/messages.ts";
import { grpcText, podRequest } from "./add.ts";
import { type NetConf, type PodArgs, readArgs, readConf } from "./conf.ts";
import { CniError } from "./errors.ts";
import { addressesIn, addressOf, dummyOf, vlanOf } from "./result.ts";
import type { PluginCall, PluginSurroundings } from "./surroundings.ts";

/** Takes a pod's network away. Throws CniError. */
export async function del(call: PluginCall, surroundings: PluginSurroundings): Promise<void> {
  const conf = readConf(call.stdin);
  const pod = readArgs(call.args);
  if (tearDownBranch(call, conf, pod, surroundings)) return;
  let rpc: CniRpc;
  try {
    rpc = await surroundings.dial();
  } catch {
    // ipamd takes the address back when it compares its checkpoint with the host.
    return tearDownFromResult(call, conf, pod, surroundings);
  }
  let reply: DelNetworkReply;
  try {
    reply = await rpc.delNetwork({ ...podRequest(call, conf, pod, surroundings.version), Reason: "PodDeleted" });
  } catch (error) {
    if (grpcText(error as Error).includes(UNKNOWN_POD)) return;
    return tearDownFromResult(call, conf, pod, surroundings);
  }
  if (!reply.Success) throw new CniError("del cmd: failed to process delete request");
  tearDown(conf, pod, reply, surroundings);
  if (reply.NetworkPolicyMode !== "") await forgetPolicies(pod, surroundings);
}

/** Tears a branch pod down by what ADD had answered; false if the answer does not say that it was one. */
function tearDownBranch({ netns, ifName }: PluginCall, conf: NetConf, pod: PodArgs, { driver }: PluginSurroundings): boolean {
  const { prevResult, mode } = conf;
  const vlanId = vlanOf(prevResult, pod.namespace, pod.name);
  if (!prevResult || vlanId === undefined || vlanId === 0) return false;
  if (netns === "") return true;
  const [held] = addressesIn(prevResult, ifName);
  if (!held) throw new CniError(`del cmd: failed to delete with prevResult: container interface ${ifName} not found`);
  try {
    driver.tearDownBranch({ ...pod, address: held.address, vlanId, mode });
  } catch (error) {
    throw new CniError(`del cmd: failed to delete with prevResult: ${(error as Error).message}`);
  }
  return true;
}

/** The best that can be done for an ordinary pod without ipamd; what fails is left. */
function tearDownFromResult({ ifName }: PluginCall, { prevResult }: NetConf, pod: PodArgs, { driver }: PluginSurroundings): void {
  const dummy = dummyOf(prevResult, pod.namespace, pod.name);
  if (!prevResult || !dummy) return;
  const device = Number(dummy.sandbox || 0);
  const pods = addressesIn(prevResult, ifName).map(({ address, interface: { mac } }, index) => ({
    ...{ namespace: pod.namespace, name: pod.name, index, address },
    // Results of before 1.20 do not tell the table.
    table: /^\d+$/.test(mac ?? "") ? Number(mac) : Number.isInteger(device) ? interfaceTable(device) : MAIN_TABLE,
  }));
  try {
    driver.tearDown(pods);
  } catch {
    // The runtime must not be kept from removing the sandbox.
  }
}

function tearDown({ mode }: NetConf, { namespace, name }: PodArgs, reply: DelNetworkReply, { driver }: PluginSurroundings): void {
  const { IPAllocationMetadata: allocations, PodVlanId: vlanId } = reply;
  const pods = allocations.map((each, index) => ({ namespace, name, index, address: addressOf(each), table: each.RouteTableId }));
  const [first] = pods;
  if (!first) return;
  try {
    if (vlanId === 0) driver.tearDown(pods);
    else driver.tearDownBranch({ ...first, vlanId, mode });
  } catch (error) {
    throw new CniError(`del cmd: failed on tear down pod network: ${(error as Error).message}`);
  }
}

/** An agent that cannot be reached fails the removal; one that fails itself does not. */
async function forgetPolicies({ namespace, name }: PodArgs, { dialPolicyAgent, log }: PluginSurroundings): Promise<void> {
  const agent = await dialPolicyAgent().catch(() => {
    throw new CniError("del cmd: failed to connect to network policy agent");
  });
  await agent.remove({ namespace, name }).catch((error: Error) => {
    log.warn({ pod: `${namespace}/${name}`, error: error.message }, "network policies of the pod could not be removed");
  });
}
