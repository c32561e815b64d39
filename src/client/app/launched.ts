/** What a launched SMART app meets: nothing special, a refusal, a callback that is not its own, an expired token, answers that are late, or empty ones. */
export type AppCase = 'plain' | 'denied' | 'wrong-state' | 'expired' | 'slow' | 'empty';

/** What is established about one request of an app to our EHR, before anything is redacted. */
export type AppCallFacts = {
  readonly 'app.call'?: 'discovery' | 'metadata' | 'authorize' | 'token' | 'refresh' | 'query' | 'other';
  readonly 'app.authorize'?: {
    readonly responseType: string;
    readonly client: boolean;
    /** Its origin. */
    readonly redirect: string;
    readonly scope: string;
    readonly launch: 'same' | 'absent' | 'other';
    readonly aud: 'iss' | 'absent' | 'other';
    /** Most bits that a value of this form can hold, and a mark by which equal values are known; null when there is no state. */
    readonly state: { readonly bits: number; readonly mark: string } | null;
    readonly method: string;
    /** Length of the code challenge. */
    readonly challenge: number;
  };
  readonly 'app.token'?: {
    readonly code: 'first' | 'again' | 'unknown';
    readonly verifier: 'matches' | 'differs' | 'absent';
    readonly redirect: boolean;
  };
  /** The query carried the token of this launch. */
  readonly 'app.authorised'?: boolean;
};
