// kubectl 1.31 against Atoll.
import { kubectlSuite } from "./kubectl-suite.ts";

kubectlSuite("31");
