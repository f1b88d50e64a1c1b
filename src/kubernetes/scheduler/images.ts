// ImageLocality: nodes that hold a pod's images already are worth more, the more so the larger and the more common the images are.
import type { KubeObject } from "../api/object.ts";

const MB = 1024 * 1024;
const least = 23 * MB;
const mostPerContainer = 1000 * MB;
const known = new WeakMap<object, ReadonlyMap<string, number>>();

/** Sizes in bytes of the images a node reports, by every name they have. */
export function imagesOf({ status }: KubeObject): ReadonlyMap<string, number> {
  const images = status?.images as { names?: string[]; sizeBytes?: number }[] | undefined;
  if (!images) return new Map();
  let sizes = known.get(images);
  if (!sizes) {
    sizes = new Map(images.flatMap(({ names = [], sizeBytes = 0 }) => names.map((name) => [name, sizeBytes] as const)));
    known.set(images, sizes);
  }
  return sizes;
}

/** An image's name with the tag it has by default. */
const tagged = (name: string) => (name.lastIndexOf(":") <= name.lastIndexOf("/") ? `${name}:latest` : name);

/** Points of nodes for a pod's images, 0 to 100; undefined if no node reports one of them. `nodes` is the number of all nodes. */
export function imagePoints(
  { spec }: KubeObject,
  holders: ReadonlyMap<string, number>,
  nodes: number,
): ((node: KubeObject) => number) | undefined {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])] as { image?: string }[];
  const names = containers.map(({ image = "" }) => tagged(image)).filter((name) => holders.has(name));
  if (!names.length) return undefined;
  const most = mostPerContainer * containers.length;
  return (node) => {
    const sizes = imagesOf(node);
    const sum = names.reduce((total, name) => total + Math.floor(((sizes.get(name) ?? 0) * (holders.get(name) ?? 0)) / nodes), 0);
    return Math.floor((100 * (Math.min(most, Math.max(least, sum)) - least)) / (most - least));
  };
}
