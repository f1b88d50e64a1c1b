// An ordinary AWS program: says who it is and which subnets it sees. It knows nothing of Atoll; credentials, endpoint and
// region come from where every AWS SDK looks for them.
//
//   eval "$(atoll env)"; node examples/sdk/who-am-i.ts                       as yourself
//   atoll run --as-pod NAMESPACE/POD -- node examples/sdk/who-am-i.ts        as a pod
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const { Arn: arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));

const subnets = await new EC2Client({}).send(new DescribeSubnetsCommand({})).then(
  ({ Subnets = [] }) =>
    Subnets.map(({ SubnetId, CidrBlock, AvailableIpAddressCount }) => `${SubnetId} ${CidrBlock} ${AvailableIpAddressCount}`),
  (error: Error) => `${error.name}: ${error.message}`,
);

console.log(JSON.stringify({ arn, subnets }, undefined, 2));
