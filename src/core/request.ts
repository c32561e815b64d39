import type { AssertionSpec } from './assertion.ts';
import type { UdapJwtSpec } from './udap.ts';

/** How a request shall be authorised. A name other than `none` is looked up in the session's tokens. */
export type TokenUse = 'none' | 'default' | (string & {});

/** A request before it is sent: pure data, built by the same functions in Node and in k6. */
export interface RequestSpec {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string>>;
  readonly token?: TokenUse;
  /** A session token to put into `form.token`: introspection and revocation speak about a token. */
  readonly formToken?: TokenUse;
  /** Signed by the client and put into `form.client_assertion`. */
  readonly assertion?: AssertionSpec;
  /** Signed with a UDAP certificate and put into the JSON body or the form. */
  readonly udap?: UdapJwtSpec;
  /** CDS Hooks client JWT, signed by the client with the URL as its audience and sent as the bearer. */
  readonly clientJwt?: AssertionSpec;
}
