// What the demo runs as a pod: an ordinary program that finds credentials the way every AWS SDK does.
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const identity = await new STSClient({}).send(new GetCallerIdentityCommand({}));
const { Subnets = [] } = await new EC2Client({}).send(new DescribeSubnetsCommand({}));
const refusal = await new IAMClient({ maxAttempts: 1 }).send(new ListUsersCommand({})).then(
  () => "was allowed, which is wrong",
  (error: Error) => `${error.name}: ${error.message}`,
);
process.stdout.write(
  JSON.stringify({
    arn: identity.Arn,
    allowed: `ec2:DescribeSubnets -> ${Subnets.length} subnets`,
    refused: `iam:ListUsers -> ${refusal}`,
  }),
);
