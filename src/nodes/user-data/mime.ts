// The parts of user data: one document, or several in a MIME multi-part archive (EKS User Guide, "Amazon EC2 user data").

/** One document with its media type; empty for a document that does not say. */
export interface Part {
  readonly type: string;
  readonly body: string;
}

/** Splits user data into its parts. Text that is no archive is one part. */
export function partsOf(text: string): Part[] {
  const unix = text.replaceAll("\r\n", "\n");
  const { headers, body } = headed(unix.trimStart());
  const boundary = /boundary="?([^";\n]+)"?/i.exec(headers["content-type"] ?? "")?.[1];
  if (boundary === undefined || !/^multipart\//i.test(headers["content-type"] ?? "")) return [{ type: "", body: unix }];
  return body
    .split(`--${boundary}`)
    .slice(1)
    .filter((section) => !section.startsWith("--"))
    .map((section) => {
      const part = headed(section.replace(/^\n/, ""));
      const encoded = part.headers["content-transfer-encoding"]?.toLowerCase() === "base64";
      return {
        type: (part.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase(),
        body: encoded ? Buffer.from(part.body, "base64").toString() : part.body,
      };
    });
}

/** Header lines up to the first empty line, if the text begins with any. */
function headed(text: string): { headers: Record<string, string>; body: string } {
  const headers: Record<string, string> = {};
  const lines = text.split("\n");
  let index = 0;
  for (; index < lines.length; index++) {
    const header = /^([A-Za-z-]+):\s*(.*)$/.exec(lines[index]!);
    if (!header) break;
    headers[header[1]!.toLowerCase()] = header[2]!;
  }
  return { headers, body: lines.slice(lines[index] === "" ? index + 1 : index).join("\n") };
}
