// Policy documents on the wire.

/** RFC 3986 percent-encoding, as IAM answers policy documents. */
export function encodeDocument(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
