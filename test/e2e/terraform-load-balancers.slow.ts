// Terraform's load balancers: applied, the second plan empty, changed in place, destroyed with nothing left.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import { startTestAtoll } from "../support/atoll.ts";
import { missingTerraform, workspace } from "../support/terraform.ts";

const SOURCE = fileURLToPath(new URL("terraform-load-balancers", import.meta.url));

test("terraform makes load balancers", { skip: missingTerraform() }, async () => {
  const atoll = await startTestAtoll();
  try {
    const here = workspace(SOURCE, atoll.home, atoll.environment());
    const succeeds = async (args: readonly string[], expect: RegExp, variables = {}) => {
      const { code, stdout, stderr } = await here.terraform([...args, "-no-color"], variables);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, expect);
    };
    await succeeds(["init"], /successfully initialized/);
    await succeeds(["apply", "-auto-approve"], /Apply complete! Resources: 13 added, 0 changed, 0 destroyed/);
    await succeeds(["plan", "-detailed-exitcode"], /No changes/);
    const changed = { idle_timeout: 120 };
    await succeeds(["apply", "-auto-approve"], /Apply complete! Resources: 0 added, 1 changed, 0 destroyed/, changed);
    await succeeds(["plan", "-detailed-exitcode"], /No changes/, changed);
    await succeeds(["destroy", "-auto-approve"], /Destroy complete! Resources: 13 destroyed/, changed);
    assert.deepEqual((await atoll.clients.ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces, []);
  } finally {
    await atoll.close();
  }
});
