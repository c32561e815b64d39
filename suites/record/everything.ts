import { Stop } from '../../src/client/provider.ts';
import { everything as ask } from '../../src/client/requests/record.ts';
import { asString, at, entriesOf } from '../../src/core/fhir.ts';
import { oneMember } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { both, declaresOperation, knowsMember, when } from '../forecast.ts';
import { askAll } from '../sections/pages.ts';

/** A page size small enough that a member with some history needs several pages. */
const pageSize = '40';
/** It is one record that many rows look at: a part of the run's pages that is enough for a long one. */
const wide = 3;

/** Scenario S3, synchronous and structured: the whole record, page by page, twice. */
export const wholeRecord: Suite = {
  id: 'record.everything',
  title: 'Ask for everything about the member',
  scenarios: oneMember,
  needs: ['member'],
  asks: [asked('everything', 'whole', 'again', 'type', 'since'), asked('page', 'whole', 'again', 'type', 'since')],
  requests: when(both(knowsMember, declaresOperation('Patient', 'everything')), 6, 1),
  async drive(provider) {
    const { base, patientId } = provider.known;
    if (base === undefined || patientId === undefined) throw new Stop('no member was matched', 'payer');
    const first = await askAll(provider, 'everything', ask(base, patientId, { _count: pageSize }), { variant: 'whole', member: 'known' }, wide);
    if (first[0]?.status !== 200) return;
    await askAll(provider, 'everything', ask(base, patientId, { _count: pageSize }), { variant: 'again', member: 'known' }, wide);
    await askAll(provider, 'everything', ask(base, patientId, { _type: 'Patient,Condition' }), { variant: 'type', member: 'known' });
    const stamps = first.flatMap((reply) => entriesOf(reply.json).flatMap(({ resource }) => asString(at(resource, 'meta', 'lastUpdated')) ?? []));
    const newest = Math.max(...stamps.map((each) => Date.parse(each)).filter((each) => !Number.isNaN(each)));
    // One second after the newest change, and never in the future.
    const since = newest + 1000;
    if (Number.isFinite(since) && since < Date.now()) {
      await askAll(provider, 'everything', ask(base, patientId, { _since: new Date(since).toISOString() }), { variant: 'since', member: 'known' });
    }
  },
};
