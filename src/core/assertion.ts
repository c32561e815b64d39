import type { Json } from './json.ts';

/** A client assertion and what is wrong with it. Times in seconds relative to now. */
export interface AssertionSpec {
  readonly header?: Readonly<Record<string, Json | undefined>>;
  /** `undefined` removes the claim. */
  readonly claims?: Readonly<Record<string, Json | undefined>>;
  readonly iatOffset?: number;
  readonly expOffset?: number;
  /** `registered` = our key; `stranger` = another key under our kid; `none` = unsigned; `hmac` = HS256 with our public key; `same` = the last assertion again; `same-jti` = another one with the jti of the client's last honest one. */
  readonly sign?: 'registered' | 'stranger' | 'none' | 'hmac' | 'same' | 'same-jti';
  readonly alg?: 'RS384' | 'ES384' | 'RS256' | 'ES256' | 'PS384' | 'EdDSA';
  /** Whose key signs: `default` (when absent) or `other`. */
  readonly as?: string;
}
