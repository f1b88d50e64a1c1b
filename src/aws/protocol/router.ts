// Finds a REST operation by method and raw path. Segments are split before they are decoded, because ARNs arrive as `%2F`.
import { MalformedRequest } from "./malformed.ts";
import type { OperationShape, Shapes } from "./shape.ts";
import type { Route } from "./wire.ts";

interface Template {
  readonly operation: OperationShape;
  readonly method: string;
  /** A literal, or a label's name. */
  readonly segments: readonly { readonly literal?: string; readonly label?: string }[];
  readonly literals: number;
}

const templates = new WeakMap<Shapes, readonly Template[]>();

function templatesOf(shapes: Shapes): readonly Template[] {
  let known = templates.get(shapes);
  if (!known) {
    known = [...shapes.operations.values()].flatMap((operation) => (operation.http ? [template(operation, operation.http)] : []));
    known = [...known].sort((a, b) => b.literals - a.literals);
    templates.set(shapes, known);
  }
  return known;
}

function template(operation: OperationShape, http: { readonly method: string; readonly path: string }): Template {
  const segments = split(http.path).map((text) =>
    text.startsWith("{") ? { label: text.slice(1, -1).replace("+", "") } : { literal: text },
  );
  return { operation, method: http.method, segments, literals: segments.filter((segment) => segment.literal !== undefined).length };
}

function split(path: string): string[] {
  const segments = path.split("/").slice(1);
  if (segments.at(-1) === "") segments.pop();
  return segments;
}

/**
 * The operation at `path`, with its decoded labels; undefined if there is none. A label that begins with `arn:` may span several
 * segments, since some clients leave the slashes of an ARN bare (spec eks §1.1). Throws MalformedRequest on bad percent encoding.
 */
export function routeRest(method: string, path: string, shapes: Shapes): Route | undefined {
  const segments = split(path);
  for (const candidate of templatesOf(shapes)) {
    if (candidate.method !== method || candidate.segments.length > segments.length) continue;
    const labels: Record<string, string> = {};
    if (match(candidate.segments, 0, segments, 0, labels)) {
      for (const name of Object.keys(labels)) labels[name] = decodeSegment(labels[name] as string);
      return { operation: candidate.operation, labels };
    }
  }
  return undefined;
}

function match(template: Template["segments"], at: number, path: readonly string[], from: number, labels: Record<string, string>): boolean {
  const part = template[at];
  if (!part) return from === path.length;
  const segment = path[from];
  if (segment === undefined) return false;
  if (part.literal !== undefined) return part.literal === segment && match(template, at + 1, path, from + 1, labels);
  const longest = /^arn(:|%3a)/i.test(segment) ? path.length - from : 1;
  for (let length = 1; length <= longest; length++) {
    labels[part.label as string] = path.slice(from, from + length).join("/");
    if (match(template, at + 1, path, from + length, labels)) return true;
  }
  return false;
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new MalformedRequest("", "percent encoding");
  }
}
