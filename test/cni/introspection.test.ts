// What ipamd shows of itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { enisView, metricsText } from "../../src/cni/ipamd/introspection.ts";
import { refuse, started } from "./rig.ts";

test("/v1/enis shows interfaces and pods, not sandboxes", async () => {
  const { ipamd, assign, clock } = await started({ env: { WARM_IP_TARGET: "2" } });
  const address = await assign("web");
  const view = JSON.parse(JSON.stringify(enisView(ipamd.pools, clock.now())))["0"];
  assert.deepEqual([view.TotalIPs, view.AssignedIPs], [2, 1]);
  const eni = view.ENIs["eni-0"];
  assert.deepEqual([eni.IsPrimary, eni.DeviceNumber, Object.keys(eni.AvailableIPv4Cidrs).length], [true, 0, 2]);
  const entry = eni.AvailableIPv4Cidrs[`${address}/32`].IPAddresses[address];
  assert.deepEqual(entry.IPAMMetadata, { k8sPodNamespace: "default", k8sPodName: "web" });
  assert.equal(entry.IPAMKey.containerID, "");
  ipamd.close();
});

test("/metrics has upstream's names", async () => {
  const { ipamd, ec2, assign, unassign, rest, clock } = await started({ instance: { maxEnis: 1, ipv4PerEni: 3 } });
  await assign("a");
  await assign("b");
  await assert.rejects(assign("c"));
  unassign("b");
  refuse(ec2, ["DescribeNetworkInterfaces"], "RequestLimitExceeded");
  await clock.step(61_000);
  await rest();
  const lines = metricsText(ipamd.pools, ipamd.counters, clock.now()).split("\n");
  for (const line of [
    "awscni_eni_max 1",
    "awscni_ip_max 2",
    "awscni_eni_allocated 1",
    "awscni_total_ip_addresses 2",
    "awscni_assigned_ip_addresses 1",
    "awscni_total_ipv4_prefixes 0",
    'awscni_assigned_ip_per_eni{eni="eni-0"} 1',
    "# TYPE awscni_add_ip_req_count counter",
    "awscni_add_ip_req_count 3",
    "awscni_no_available_ip_addresses 1",
    'awscni_del_ip_req_count{reason="PodDeleted"} 1',
    'awscni_aws_api_error_count{api="DescribeNetworkInterfaces",error="RequestLimitExceeded"} 1',
    'awscni_ipamd_error_count{fn="nodeIPPoolReconcile"} 1',
  ])
    assert.ok(lines.includes(line), `${line} in\n${lines.join("\n")}`);
  ipamd.close();
});
