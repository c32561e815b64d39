import type { Misbehaviour } from './client.ts';
import type { Doubt } from './udap-rules.ts';

/** Our own client by UDAP, with one decision replaced. */
const overlooking =
  (doubt: Doubt): (() => Misbehaviour) =>
  () => ({ decides: { overlooks: (each) => each === doubt } });

export const udapMisbehaviours = {
  'registers-without-metadata': overlooking('absent'),
  'trusts-unsigned-metadata': overlooking('unsigned'),
  'trusts-any-signature': overlooking('signature'),
  'trusts-any-chain': overlooking('chain'),
  'trusts-old-metadata': overlooking('expired'),
  'trusts-any-issuer': overlooking('issuer'),
  'registers-for-no-grant': overlooking('grants'),
  'uses-plain-endpoints': () => ({ decides: { prefersSigned: () => false } }),
  'names-no-community': () => ({ decides: { community: () => undefined } }),
  'hour-long-statement': () => ({ decides: { statement: () => ({ expOffset: 3600 }) } }),
  'wildcard-registration': () => ({ decides: { statement: () => ({ claims: { scope: 'system/Patient.rs system/*.read' } }) } }),
  'keeps-the-first-client-id': () => ({ decides: { clientId: (first) => first } }),
  'sends-no-certificates': () => ({ decides: { assertion: () => ({ header: { x5c: undefined } }) } }),
  'signs-under-another-authority': () => ({ decides: { assertion: () => ({ as: 'otherCa' }) } }),
  'registers-for-each-token': () => ({ decides: { registersAgain: () => true } }),
  'names-an-organization': () => ({ decides: { b2b: (extension) => ({ ...extension, organization_id: 'Acme' }) } }),
  'consumer-as-organization': () => ({
    decides: { consumer: ({ user_person: _person, ...rest }) => ({ 'hl7-b2b': { ...rest, organization_id: 'https://example.org/practice' } }) },
  }),
  'one-token-for-all-users': () => ({ decides: { tokenPerUser: () => false } }),
} satisfies Readonly<Record<string, () => Misbehaviour>>;
