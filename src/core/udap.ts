import type { AssertionSpec } from './assertion.ts';
import type { Json } from './json.ts';
import type { SecretRef } from './secret.ts';

/** UDAP nouns of the target file and of requests. Types only. */

/** A UDAP client's certificates and key: two PEM files, or one PKCS#12 file. */
export interface UdapCredential {
  /** PEM, leaf first: a path, or the text itself. */
  readonly certificates?: string;
  /** PEM private key that fits the leaf. */
  readonly key?: SecretRef;
  readonly pkcs12?: string;
  readonly passphrase?: SecretRef;
  /** Which URI of the Subject Alternative Name speaks for us, when the leaf has several. */
  readonly uri?: string;
}

/** Certificates that the community's own authority issued on purpose to be refused. */
export type SpareCertificate = 'expired' | 'notYetValid' | 'revoked' | 'weakKey' | 'noUri';

/** A trust community and the roots that it trusts. */
export interface UdapCommunity {
  /** Sent as `?community=`; absent = the server's default community. */
  readonly uri?: string;
  /** PEM: a path, or the text itself. */
  readonly anchors: string;
}

/** What the operator says about UDAP. Which edition of the guide the payer follows cannot be read from the wire: it is stated in `guides`. */
export interface TargetUdap {
  readonly communities: readonly UdapCommunity[];
  readonly client?: UdapCredential;
  /** A second organisation's client in the same community. */
  readonly otherClient?: UdapCredential;
  readonly spare?: Readonly<Partial<Record<SpareCertificate, UdapCredential>>>;
  /** Already registered under this id: tokens can be asked for without registration. */
  readonly clientId?: string;
  readonly clientName?: string;
  /** URIs, one of them mailto. */
  readonly contacts?: readonly string[];
  readonly scope?: string;
  /** For the hl7-b2b extension; `id` is a URI. */
  readonly organization?: { readonly id: string; readonly name?: string };
  readonly purposeOfUse?: readonly string[];
}

/**
 * A UDAP software statement or authentication token, and what is wrong with it. iss, sub, aud, iat, exp and jti are filled in by the signer;
 * `claims` adds or replaces, and `undefined` removes.
 */
export interface UdapJwtSpec extends Omit<AssertionSpec, 'alg'> {
  /** The member of the JSON body, or of the form, that carries it. */
  readonly use: 'software_statement' | 'client_assertion';
  /** Whose certificate: `client` (default), `other`, a name in `target.udap.spare`, or one of our own making: `otherCa`, `selfSigned`, `mixedChain`. */
  readonly as?: string;
  readonly alg?: 'RS256' | 'RS384' | 'ES256' | 'ES384';
  /** As in AssertionSpec, but `same` sends the first JWT of this run again. */
  readonly sign?: NonNullable<AssertionSpec['sign']>;
  /** Claims of a certification that we sign ourselves and send along with a software statement. */
  readonly certification?: Readonly<Record<string, Json>>;
}
