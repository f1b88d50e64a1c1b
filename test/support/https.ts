// One HTTPS request to a server with an authority of its own.
import { request } from "node:https";

/** Gets `url` with a bearer token, trusting `authority` (PEM) alone. */
export function get(url: string, { token, authority }: { token: string; authority: string }): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
    request(url, { headers, ca: authority, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on("error", reject)
      .end();
  });
}
