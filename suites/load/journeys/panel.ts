import { cancelJob, exportByGet, statusPoll } from '../../../src/client/requests/bulk.ts';
import { read } from '../../../src/client/requests/fhir.ts';
import type { Exchange } from '../../../src/core/model.ts';
import type { Ask, Ground, Journey } from '../lib/journey.ts';

const polls = 3;

/** Kick-off, a few polls, and the job is taken back: what is exported is judged by the bulk suites, here it only makes work. */
function* exported(ground: Ground, group: string, types?: string): Generator<Ask, void, Exchange> {
  const begun = yield { step: 'bulk.kickoff', spec: exportByGet({ base: ground.base, at: `Group/${group}` }, { _type: types }) };
  const job = begun.response?.headers['content-location'];
  if (job === undefined) return;
  for (let poll = 0; poll < polls; poll++) {
    const status = yield { step: 'bulk.status', spec: statusPoll(job) };
    if (status.response?.status !== 202) break;
  }
  yield { step: 'bulk.delete', spec: cancelJob(job) };
}

/** S5, the claims of a whole panel. */
export const s5: Journey = {
  name: 's5',
  *run(ground) {
    if (ground.group !== undefined) yield* exported(ground, ground.group);
  },
};

/** S6, who is on the panel, then their coverage. */
export const s6: Journey = {
  name: 's6',
  *run(ground) {
    if (ground.group === undefined) return;
    yield { step: 'group.read', spec: read(ground.base, 'Group', ground.group) };
    yield* exported(ground, ground.group, 'Patient,Coverage');
  },
};
