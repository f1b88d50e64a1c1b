// Elastic Load Balancing as far as it can be read: nothing makes load balancers here, so there are none
// (Elastic Load Balancing API Reference, 2015-12-01).
import { AwsError } from "../../aws/errors.ts";
import { type Operations, type Sdk, type Service, service } from "../../aws/operation.ts";

/** The first of what a request names, refused: nothing it could name exists. */
function refuseNamed(code: string, message: (name: string) => string, ...named: readonly (readonly string[] | string | undefined)[]): void {
  const [first] = named.flat().filter((name) => name !== undefined);
  if (first !== undefined) throw new AwsError(code, message(first), {}, 400);
}

const noLoadBalancer = (name: string) =>
  name.startsWith("arn:") ? `Load balancer '${name}' not found` : `Load balancers '[${name}]' not found`;
const noTargetGroup = (name: string) =>
  name.startsWith("arn:") ? "One or more target groups not found" : `Target groups '[${name}]' not found`;
const noListener = () => "One or more listeners not found";
const noRule = () => "One or more rules not found";

export const reads = {
  DescribeLoadBalancers: {
    run({ LoadBalancerArns, Names }) {
      refuseNamed("LoadBalancerNotFound", noLoadBalancer, LoadBalancerArns, Names);
      return { LoadBalancers: [] };
    },
  },
  DescribeTargetGroups: {
    run({ LoadBalancerArn, TargetGroupArns, Names }) {
      refuseNamed("LoadBalancerNotFound", noLoadBalancer, LoadBalancerArn);
      refuseNamed("TargetGroupNotFound", noTargetGroup, TargetGroupArns, Names);
      return { TargetGroups: [] };
    },
  },
  DescribeListeners: {
    run({ LoadBalancerArn, ListenerArns }) {
      refuseNamed("LoadBalancerNotFound", noLoadBalancer, LoadBalancerArn);
      refuseNamed("ListenerNotFound", noListener, ListenerArns);
      throw new AwsError("ValidationError", "You must specify either listener ARNs or a load balancer ARN", {}, 400);
    },
  },
  DescribeRules: {
    run({ ListenerArn, RuleArns }) {
      refuseNamed("ListenerNotFound", noListener, ListenerArn);
      refuseNamed("RuleNotFound", noRule, RuleArns);
      throw new AwsError("ValidationError", "You must specify either listener rule ARNs or a listener ARN", {}, 400);
    },
  },
  DescribeTargetHealth: {
    run({ TargetGroupArn }) {
      throw new AwsError("TargetGroupNotFound", noTargetGroup(TargetGroupArn ?? "arn:"), {}, 400);
    },
  },
  DescribeLoadBalancerAttributes: {
    run({ LoadBalancerArn = "" }) {
      throw new AwsError("LoadBalancerNotFound", noLoadBalancer(LoadBalancerArn), {}, 400);
    },
  },
  DescribeTargetGroupAttributes: {
    run() {
      throw new AwsError("TargetGroupNotFound", "One or more target groups not found", {}, 400);
    },
  },
  DescribeTags: {
    run({ ResourceArns = [] }) {
      refuseNamed(
        "TargetGroupNotFound",
        noTargetGroup,
        ResourceArns.filter((arn) => arn.includes(":targetgroup/")),
      );
      refuseNamed(
        "ListenerNotFound",
        noListener,
        ResourceArns.filter((arn) => /:listener(-rule)?\//.test(arn)),
      );
      refuseNamed("LoadBalancerNotFound", noLoadBalancer, ResourceArns);
      return { TagDescriptions: [] };
    },
  },
} satisfies Operations<Sdk["elasticloadbalancing"], object>;

/** Makes the service; it keeps nothing. */
export const createElasticLoadBalancing = (): Service => service("elasticloadbalancing", {}, reads);
