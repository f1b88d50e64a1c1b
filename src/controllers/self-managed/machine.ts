// An instance as a node of the customer's own sees it: EC2's record, the image, and whose machine it is.
import { imageId, type NodeImage, nodeImages } from "../../services/node-images.ts";
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";

/** EC2's record of an instance, as far as nodes care. */
export interface MachineRecord {
  readonly id: string;
  readonly state: string;
  readonly imageId: string;
  readonly userData?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly profile?: { readonly arn: string };
  /** Set on instances that a service manages. */
  readonly operator?: string;
}

/** EC2's instances by `<account>/<region>/<id>`. */
export const machines = (store: Store) => new Collection<MachineRecord>(store, "ec2/instance");

const imagesByRegion = new Map<string, ReadonlyMap<string, NodeImage>>();

/** The EKS optimized image of that id; undefined for other images, which start no node here. */
export function imageOf(region: string, id: string): NodeImage | undefined {
  let images = imagesByRegion.get(region);
  if (!images) {
    images = new Map(nodeImages().map((image) => [imageId(region, image), image]));
    imagesByRegion.set(region, images);
  }
  return images.get(id);
}
