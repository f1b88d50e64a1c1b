// EC2 with throttling: too many calls get 503, a cluster lives with it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { startTestAtoll } from "../support/atoll.ts";

test("an account that asks too often is told so, others are not", async () => {
  const started = await startTestAtoll({}, { ec2Throttling: true });
  const { ec2 } = started.clients;
  let answered = 0;
  let refusal: { name?: string; message?: string; $metadata?: { httpStatusCode?: number } } | undefined;
  while (!refusal && answered < 500) {
    try {
      await ec2.send(new DescribeVpcsCommand({}));
      answered++;
    } catch (error) {
      refusal = error as typeof refusal;
    }
  }
  assert.ok(answered >= 50, `${answered} calls passed`);
  assert.deepEqual(
    [refusal?.name, refusal?.message, refusal?.$metadata?.httpStatusCode],
    ["RequestLimitExceeded", "Request limit exceeded.", 503],
  );
  const [Vpc] = (await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] }))).Vpcs ?? [];
  assert.ok(Vpc, "a filtered call has a bucket of its own");
  const elsewhere = new EC2Client({
    endpoint: started.connection.endpoint,
    region: "eu-west-1",
    credentials: started.root,
    maxAttempts: 1,
  });
  await elsewhere.send(new DescribeVpcsCommand({}));
  elsewhere.destroy();
  await started.close();
});

test("without the flag nobody is refused", async () => {
  const started = await startTestAtoll();
  for (let i = 0; i < 120; i++) await started.clients.ec2.send(new DescribeVpcsCommand({}));
  await started.close();
});
