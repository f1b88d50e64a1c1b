// kubectl 1.35 against Atoll.
import { kubectlSuite } from "./kubectl-suite.ts";

kubectlSuite("35");
