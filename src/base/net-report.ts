// What `atoll net explain` answers: shared by the server that judges and the command line that prints it.

/** One finding on the way. `fails` is the reason why the answer is no; `warns` is worth knowing. */
export interface NetStep {
  readonly step: string;
  readonly verdict: "ok" | "warns" | "fails";
  readonly text: string;
  /** Facts behind the text. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** The answer about one pod. */
export interface NetReport {
  readonly pod: string;
  /** The other end, if one was asked about. */
  readonly to?: string;
  /** Whether the pod has an address; with `to`, whether traffic passes. */
  readonly passes: boolean;
  readonly address?: string;
  /** The address the other end sees. */
  readonly source?: string;
  readonly steps: readonly NetStep[];
  /** The answer in a sentence. */
  readonly answer: string;
}
