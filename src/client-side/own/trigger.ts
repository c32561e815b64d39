import type { Case, Journey } from '../../../mocks/client/case.ts';
import type { Scripted } from '../../../mocks/client/host.ts';
import type { WireRequest } from '../../core/model.ts';
import type { Trigger } from '../play.ts';
import { bulk, roster, subscribed } from './bulk.ts';
import { type Misbehaviour, type Own, ownClient } from './client.ts';
import { ordering } from './crd/journey.ts';
import { lookedUp } from './directory.ts';
import { idi, panel } from './matching.ts';
import { documents, record } from './record.ts';
import { signedIn } from './sign-in.ts';
import { udap } from './udap.ts';

const drives: Readonly<Record<Exclude<Journey, 'crd' | 'udap' | 'directory'>, (own: Own) => Promise<void>>> = {
  record,
  secure: record,
  bulk: (own) => bulk(own),
  'bulk-again': (own) => bulk(own, true),
  roster,
  panel,
  'sign-in': signedIn,
};

/** What our own limited user may not see. */
export const restricted = 'Observation/restricted-1';

export interface OwnTrigger extends Misbehaviour {
  readonly sends?: (request: WireRequest) => WireRequest;
  readonly share: number;
  readonly signal: AbortSignal;
}

/** Drives our own client: a journey that stops with a reason has ended as any other. */
export const ownTrigger =
  (scripted: () => Scripted, options: OwnTrigger): Trigger =>
  async (id: string, journey: Journey, about: Case) => {
    const known = await scripted().knows(id);
    const { authority } = scripted();
    const tls = journey === 'secure' && authority !== undefined ? { ca: authority, ...options.tls } : options.tls;
    const own = ownClient({ ...options, ...known, ...(tls === undefined ? {} : { tls }) });
    try {
      if (journey === 'crd') await ordering(own, { scene: about.scene ?? 'order', root: scripted().stage(id).root, share: options.share });
      else if (about.scene === 'documents') await documents(own);
      else if (about.scene === 'idi-match') await idi(own);
      else if (about.scene === 'subscribe') await subscribed(own);
      else if (journey === 'directory') {
        const { root } = scripted().stage(id);
        const clientAt = (base: string) => ownClient({ ...options, ...known, target: { ...known.target, fhir: { ...known.target.fhir, base } } });
        await lookedUp(own, root, about.scene === 'look-up-twice' ? 2 : 1, clientAt);
      } else if (journey === 'udap') await udap(own, about.scene ?? 'register');
      else await drives[journey](own);
    } catch (cause) {
      own.shown.push(own.decide.shows((cause as Error).message));
    } finally {
      own.close();
    }
    return { shown: own.shown };
  };
