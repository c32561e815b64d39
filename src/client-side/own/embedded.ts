import { cases as everyCase } from '../../../mocks/client/cases/index.ts';
import type { ClientFault, ClientRow } from '../../core/client-row.ts';
import { guides } from '../../core/guides.ts';
import type { Json } from '../../core/model.ts';
import { type Conduct, type Conducted, conduct } from '../conduct.ts';
import { type Misbehaviour, ownRegistration } from './client.ts';
import { publishKeys } from './keys.ts';
import { misbehaviourCalled } from './misbehaviours.ts';
import { ownTrigger, restricted } from './trigger.ts';

/** The versions that our own client speaks. */
export const ownClaims = { [guides.bulk.id]: '3.0.0', [guides.hrex.id]: '1.1.0', [guides.pdex.id]: '2.2.0', [guides.crd.id]: '2.2.1' };
/** Windows and waits of the catalogue are divided by twenty. */
export const ownShare = 0.05;

export interface OwnRun extends Pick<Conduct, 'signal'>, Partial<Pick<Conduct, 'onReady' | 'onCase' | 'onHeard' | 'rows'>> {
  readonly cases?: readonly string[];
  /** A defect of our own client. */
  readonly fault?: ClientFault;
}

/** Our own client against the scripted payers, honest or with a defect. */
export async function conductOwn({ cases, fault, signal, ...more }: OwnRun): Promise<Conducted> {
  const misbehaviour: Misbehaviour = fault?.behaves === undefined ? {} : misbehaviourCalled(fault.behaves);
  const clients = ownRegistration();
  const set = { keys: clients.get('assay')?.jwks.keys ?? [] } as Json;
  const keys = await publishKeys(misbehaviour.publishes?.(set) ?? set);
  return conduct({
    ...more,
    keysAt: keys.url,
    name: fault === undefined ? 'our own client' : `our own client, which ${fault.name}`,
    cases: cases === undefined ? everyCase : everyCase.filter(({ id }) => cases.includes(id)),
    clients,
    claims: ownClaims,
    restricted,
    anchors: 'case',
    share: ownShare,
    atOnce: 16,
    longest: 120_000,
    signal,
    trigger: (scripted) => ownTrigger(() => scripted, { ...misbehaviour, ...(fault?.sends ? { sends: fault.sends } : {}), share: ownShare, signal }),
  }).finally(() => keys.close());
}

/** The cases that a row needs; where it is judged over everything, one journey of each kind. */
export const casesFor = ({ cases }: ClientRow): readonly string[] => cases ?? ['I1', 'R3', 'B1', 'B13'];
