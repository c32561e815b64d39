import type { JwtChange } from '../../client/requests/udap.ts';
import type { Json } from '../../core/model.ts';

/** What may be wrong with what a payer says of itself by UDAP. */
export type Doubt = 'absent' | 'unsigned' | 'signature' | 'chain' | 'expired' | 'issuer' | 'grants';

/** What our own client does by UDAP: its decisions, one small function each. */
export const honestUdap = {
  /** Does it go on all the same? */
  overlooks: (_doubt: Doubt): boolean => false,
  /** Signed endpoints go before plain ones. */
  prefersSigned: (): boolean => true,
  community: (uri: string | undefined): string | undefined => uri,
  statement: (): JwtChange => ({}),
  assertion: (): JwtChange => ({}),
  b2b: (extension: { readonly [key: string]: Json }): { readonly [key: string]: Json } => extension,
  /** Of an assertion for a person's own access. */
  consumer: (extension: { readonly [key: string]: Json }): { readonly [key: string]: Json } => ({ 'hl7-b2b-user': extension }),
  /** The client_id in use after a second registration. */
  clientId: (_first: string, last: string): string => last,
  /** A registration is kept. */
  registersAgain: (): boolean => false,
  tokenPerUser: (): boolean => true,
  /** How often metadata that must not be trusted are asked for again. */
  looksAgain: (): number => 0,
  /** Without UDAP: is SMART used, where it is offered? */
  fallsBack: (): boolean => false,
  /** Does it stop where signed and plain endpoints differ? */
  refusesDifference: (): boolean => false,
  /** Extension objects of the assertion. */
  extensions: (b2b: Json): { readonly [key: string]: Json } => ({ 'hl7-b2b': b2b }),
  /** Does it end its registration when it is done? */
  cancels: (): boolean => false,
};
