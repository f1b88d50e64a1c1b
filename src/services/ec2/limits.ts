// EC2's default quotas (Amazon VPC User Guide, "Amazon VPC quotas").

export const limits = {
  vpcs: 5000,
  cidrsPerVpc: 5,
  cidrs6PerVpc: 5,
  subnetsPerVpc: 200,
  routeTablesPerVpc: 200,
  routesPerTable: 500,
  groupsPerRegion: 2500,
  groupsPerInterface: 5,
  rulesPerGroup: 60,
  interfacesPerRegion: 5000,
  /** Addresses and prefixes of an interface that is attached to nothing yet. */
  addressesPerInterface: 50,
  natGatewaysPerZone: 5,
  internetGateways: 5000,
  elasticIps: 5000,
  aclEntries: 40,
  launchTemplates: 5000,
} as const;
