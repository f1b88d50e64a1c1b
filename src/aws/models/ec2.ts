// Amazon EC2. Its own validation is by meaning, so most constraints live with the operations.
import { ec2Wording } from "./ec2-wording.ts";
import type { Model } from "./model.ts";

export const ec2: Model = {
  name: "ec2",
  protocol: "ec2Query",
  settings: { version: "2016-11-15", xmlNamespace: "http://ec2.amazonaws.com/doc/2016-11-15" },
  signingName: "ec2",
  eventSource: "ec2.amazonaws.com",
  actionPrefix: "ec2",
  global: false,
  unsigned: new Set(),
  mask: "<sensitiveDataRemoved>",
  maskAlso: new Set(["KeyPair.KeyMaterial", "RunInstancesRequest.UserData", "RequestLaunchTemplateData.UserData"]),
  wording: ec2Wording,
  constraints: {
    "CreateVpcRequest.InstanceTenancy": { enum: "Tenancy" },
    "CreateNetworkInterfaceRequest.InterfaceType": { enum: "NetworkInterfaceCreationType" },
    "CreateVpcEndpointRequest.VpcEndpointType": { enum: "VpcEndpointType" },
    "CreateSubnetCidrReservationRequest.ReservationType": { enum: "SubnetCidrReservationType" },
    "DescribeNetworkInterfaceAttributeRequest.Attribute": { enum: "NetworkInterfaceAttribute" },
  },
  load: () => import("@aws-sdk/client-ec2"),
};
