// The image a node group's settings call for.
import { imageId } from "../../services/eks/ami-types.ts";
import type { NodegroupSettings } from "../../services/eks/records.ts";
import type { Group } from "./group.ts";

/** Id of the image. */
export const wantedImage = ({ cluster, nodegroup }: Group, settings: NodegroupSettings = nodegroup) =>
  nodegroup.amiType === "CUSTOM"
    ? settings.releaseVersion
    : imageId(cluster.region, nodegroup.amiType, settings.version, settings.releaseVersion);
