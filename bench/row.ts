/** One figure of a bench: a ratio, or a rate printed beside its limit in the same run. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The bound that the project set itself, where there is one. */
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** `parts` names what to measure, where a bench has parts; none = all. Throws, naming the parts, for one that there is not. */
export type Bench = (parts: readonly string[]) => Promise<readonly BenchRow[]>;
