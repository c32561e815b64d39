import type { Case, Journey } from '../../../mocks/client/case.ts';
import type { Scripted } from '../../../mocks/client/host.ts';
import type { TlsOptions } from '../../client/transport.ts';
import type { WireRequest } from '../../core/model.ts';
import type { Trigger } from '../play.ts';
import { bulk, roster } from './bulk.ts';
import { type Misbehaviour, type Own, ownClient } from './client.ts';
import { record } from './record.ts';

const drives: Readonly<Record<Journey, (own: Own) => Promise<void>>> = {
  record,
  bulk: (own) => bulk(own),
  'bulk-again': (own) => bulk(own, true),
  roster,
  crd: async () => undefined,
};

export interface OwnTrigger extends Misbehaviour {
  readonly sends?: (request: WireRequest) => WireRequest;
  readonly share: number;
  readonly tls?: TlsOptions;
  readonly signal: AbortSignal;
}

/** Drives our own client: a journey that stops with a reason has ended as any other. */
export const ownTrigger =
  (scripted: () => Scripted, options: OwnTrigger): Trigger =>
  async (id: string, journey: Journey, _about: Case) => {
    const known = await scripted().knows(id);
    const own = ownClient({ ...options, ...known });
    try {
      await drives[journey](own);
    } catch (cause) {
      own.shown.push(own.decide.shows((cause as Error).message));
    } finally {
      own.close();
    }
    return { shown: own.shown };
  };
