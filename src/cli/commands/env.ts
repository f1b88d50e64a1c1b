// atoll env: what to export so that clients use Atoll.
import { connect } from "../client.ts";
import { clientEnvironment } from "../environment.ts";
import { exports, type OutputFormat, print } from "../output.ts";

export function env({ dataDir, output }: { dataDir: string; output: OutputFormat }): void {
  print(output, clientEnvironment(connect(dataDir).connection), exports);
}
