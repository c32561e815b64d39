export type Finding =
  | { readonly outcome: 'pass'; readonly note?: string }
  | { readonly outcome: 'fail'; readonly expected: string; readonly actual: string; readonly exchange: number; readonly severity?: 'warning' }
  | { readonly outcome: 'not-testable' | 'not-applicable'; readonly reason: string };

export interface Blocked {
  readonly suite: string;
  readonly reason: string;
}
