// An ordinary program that lives long: for every line it reads it says who it is, and with which keys. It knows nothing of Atoll.
import { createInterface } from "node:readline";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const sts = new STSClient({});
for await (const _ of createInterface({ input: process.stdin })) {
  const { Arn: arn } = await sts.send(new GetCallerIdentityCommand({}));
  const { accessKeyId, secretAccessKey, sessionToken } = await sts.config.credentials();
  console.log(JSON.stringify({ arn, accessKeyId, secretAccessKey, sessionToken }));
}
