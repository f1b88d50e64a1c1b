// kubectl 1.33 against Atoll.
import { kubectlSuite } from "./kubectl-suite.ts";

kubectlSuite("33");
