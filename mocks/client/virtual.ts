import type { Step, Target } from '../../src/core/model.ts';
import { permits } from '../auth/scopes.ts';
import { startOn } from '../embedded.ts';
import type { Payer, RegisteredClient, Rules } from '../kernel/payer.ts';
import type { Serving, Stage } from './case.ts';

/**
 * A payer that grades takes what it can, and judges it afterwards: what is wrong with an assertion or a header is recorded and does not end the
 * conversation. Only who asks must be known: a signature that no registered key verifies is refused.
 */
const lenient: Partial<Rules> = {
  jtiIsFresh: () => true,
  assertionIsShort: () => true,
  expiryIsStated: () => true,
  audienceIsUs: () => true,
  subjectIsIssuer: () => true,
  jkuIsRegistered: () => true,
  keyWithId: (kid, keys) => keys.find((key) => key.kid === kid) ?? keys[0],
  withoutPrefer: () => undefined,
  // Whose list is exported is no resource that is read: scopes for what the files hold are enough.
  scopeCovers: (scopes, type, access) => permits(scopes, type, access) || (type === 'Group' && access === 'r' && scopes.length > 0),
  triesAllowed: () => Number.MAX_SAFE_INTEGER,
  crdAdmits: () => true,
  udapForgivesStatement: (code) => code !== 'signature',
  udapForgivesAssertion: (code) => code !== 'signature',
};

/** One case's payer: its own base, token endpoint, CRD base and people. */
export interface Virtual {
  readonly payer: Payer;
  readonly target: Target;
  readonly secrets: Readonly<Record<string, string>>;
}

export interface VirtualOptions {
  readonly clients: ReadonlyMap<string, RegisteredClient>;
  /** Its members are made from this. */
  readonly seed: number;
  /** The client registers by UDAP there. */
  readonly udap: boolean;
  readonly hear: (step: Step) => void;
}

/** Makes the payer of a case. It is reached through the listener only. */
export async function virtualPayer(stage: Stage, serving: Serving, { clients, seed, udap, hear }: VirtualOptions): Promise<Virtual> {
  const name = `case ${stage.case}`;
  const made = await startOn(
    (payer) => {
      payer.moveTo(stage.root);
      return { origin: stage.root, close: async () => undefined };
    },
    {
      seed,
      members: 20,
      withoutUdap: !udap,
      hear,
      adapt: (setup) => ({ ...setup, clients, behaviours: { ...setup.behaviours, [name]: { ...lenient, ...serving.rules } } }),
    },
  );
  made.payer.inject({ name, at: [], behaviour: name });
  return made;
}
