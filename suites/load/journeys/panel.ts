import { cancelJob, exportByGet, statusPoll } from '../../../src/client/requests/bulk.ts';
import { metadata, read } from '../../../src/client/requests/fhir.ts';
import { parseRetryAfter } from '../../../src/core/http-date.ts';
import type { Exchange } from '../../../src/core/model.ts';
import type { Ask, Ground, Journey } from '../lib/journey.ts';

/** Where the payer says nothing about when to ask again, ms. */
const usualWait = 1000;

/**
 * Kick-off, polls as often as the payer wants and not more often, and the job is taken back: what is exported is judged by the bulk suites, here it only makes
 * work. A request that is due before the next poll looks at something small instead.
 */
function* exported(ground: Ground, group: string, types: string): Generator<Ask, void, Exchange> {
  if (!ground.offers('export of a Group') || ground.closing()) return;
  const begun = yield {
    step: 'bulk.kickoff',
    spec: exportByGet({ base: ground.base, at: `Group/${group}` }, { _type: types }),
    offer: 'export of a Group',
  };
  const job = begun.response?.headers['content-location'];
  if (begun.response?.status !== 202 || job === undefined || !job.startsWith('http')) return;
  let next = nextPoll(ground, begun);
  while (!ground.closing()) {
    if (ground.now() < next) {
      yield small(ground, group);
      continue;
    }
    const status = yield { step: 'bulk.status', spec: statusPoll(job) };
    if (status.response?.status !== 202 && status.response?.status !== 429) break;
    next = nextPoll(ground, status);
  }
  yield { step: 'bulk.delete', spec: cancelJob(job) };
}

const small = (ground: Ground, group: string): Ask =>
  ground.offers('read Group')
    ? { step: 'group.read', spec: read(ground.base, 'Group', group), offer: 'read Group' }
    : { step: 'metadata', spec: metadata(ground.base) };

function nextPoll(ground: Ground, { response }: Exchange): number {
  const told = parseRetryAfter(response?.headers['retry-after'], ground.now());
  return ground.now() + (told.kind === 'wait' ? told.ms : usualWait);
}

/** S5, the roster: who is on the panel, then their coverage. */
export const s5: Journey = {
  name: 's5',
  *run(ground) {
    if (ground.group === undefined) return;
    yield small(ground, ground.group);
    yield* exported(ground, ground.group, 'Patient,Coverage');
  },
};

/** S6, the claims of a whole panel. */
export const s6: Journey = {
  name: 's6',
  *run(ground) {
    if (ground.group === undefined) return;
    if (ground.closing()) yield small(ground, ground.group);
    else yield* exported(ground, ground.group, 'ExplanationOfBenefit,Coverage,Patient');
  },
};
