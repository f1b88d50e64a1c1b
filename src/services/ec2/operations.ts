// Every operation of EC2, by name.

import { addressOperations } from "./addresses.ts";
import { consoleOperations } from "./console-output.ts";
import type { Ec2Operations } from "./deps.ts";
import { dhcpOptionsOperations } from "./dhcp-options.ts";
import { flowLogOperations } from "./flow-logs.ts";
import { gatewayOperations } from "./gateways.ts";
import { imageOperations } from "./images.ts";
import { instanceTypeOperations } from "./instance-type-operations.ts";
import { instanceOperations } from "./instances.ts";
import { interfaceAssignmentOperations } from "./interface-assignments.ts";
import { interfaceAttachmentOperations } from "./interface-attachments.ts";
import { interfaceOperations } from "./interfaces.ts";
import { keyPairOperations } from "./key-pairs.ts";
import { launchTemplateOperations } from "./launch-templates.ts";
import { natGatewayOperations } from "./nat-gateways.ts";
import { networkAclOperations } from "./network-acls.ts";
import { prefixListOperations } from "./prefix-lists.ts";
import { regionOperations } from "./regions.ts";
import { routeTableOperations } from "./route-tables.ts";
import { routeOperations } from "./routes.ts";
import { runInstancesOperations } from "./run-instances.ts";
import { securityGroupRuleOperations } from "./security-group-rules.ts";
import { securityGroupOperations } from "./security-groups.ts";
import { reservationOperations } from "./subnet-reservations.ts";
import { subnetOperations } from "./subnets.ts";
import { tagOperations } from "./tag-operations.ts";
import { trunkOperations } from "./trunks.ts";
import { volumeAttachmentOperations } from "./volume-attachments.ts";
import { volumeModificationOperations } from "./volume-modifications.ts";
import { volumeOperations } from "./volumes.ts";
import { vpcAttributeOperations } from "./vpc-attributes.ts";
import { vpcEndpointOperations } from "./vpc-endpoints.ts";
import { vpcOperations } from "./vpcs.ts";

export const operations = {
  ...regionOperations,
  ...vpcOperations,
  ...vpcAttributeOperations,
  ...subnetOperations,
  ...reservationOperations,
  ...securityGroupOperations,
  ...securityGroupRuleOperations,
  ...prefixListOperations,
  ...interfaceOperations,
  ...interfaceAssignmentOperations,
  ...interfaceAttachmentOperations,
  ...trunkOperations,
  ...runInstancesOperations,
  ...instanceOperations,
  ...instanceTypeOperations,
  ...consoleOperations,
  ...volumeOperations,
  ...volumeAttachmentOperations,
  ...volumeModificationOperations,
  ...imageOperations,
  ...keyPairOperations,
  ...launchTemplateOperations,
  ...addressOperations,
  ...dhcpOptionsOperations,
  ...flowLogOperations,
  ...gatewayOperations,
  ...natGatewayOperations,
  ...networkAclOperations,
  ...routeTableOperations,
  ...routeOperations,
  ...vpcEndpointOperations,
  ...tagOperations,
} satisfies Ec2Operations;
