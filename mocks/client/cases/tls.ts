import type { Case, TlsKind } from '../case.ts';

const secure = (id: string, tls: TlsKind, does: string): Case => ({ id, group: 'G5', journey: 'secure', tls, does });

/** Listeners with which nobody should speak. The client must trust the authority that the script gives it, or the controls fail. */
export const tlsCases: readonly Case[] = [
  secure('T9a', 'self-signed', 'a certificate that only its own maker vouches for'),
  secure('T9b', 'expired', 'a certificate that has expired'),
  secure('T9c', 'unknown-ca', 'a certificate of an authority that nobody knows'),
  secure('T9d', 'wrong-host', 'a certificate of another host'),
  secure('T9e', 'tls-1.1', 'TLS 1.1 and nothing newer'),
];

/** Not a fault: the payer fetches what the client publishes. */
export const keySetCase: Case = {
  id: 'T12',
  group: 'G4',
  journey: 'record',
  does: 'the payer fetches the key set of the client from its address',
  serves: (stage) => ({
    instead: async ({ path }) => {
      if (path === '/as/token' && stage.keysAt !== undefined) await stage.ask({ url: stage.keysAt, token: '', purpose: 'jwks' });
      return undefined;
    },
  }),
};
