import { findK6 } from '../../src/load/find-k6.ts';
import type { Case } from './played.ts';
import type { Turn } from './proxy.ts';
import { against, slug } from './servers.ts';

const reads = /\/fhir\/(Patient|Coverage|Practitioner|Organization)\/[^/$?]+$/;

/** What happens to k6 and nobody before it: the conversations without load are honest. */
const acts: Readonly<Record<string, (turn: Turn) => Promise<void> | void>> = {
  'closes every second socket under load': (turn) => (turn.nth % 2 === 0 ? void turn.socket.destroy() : turn.answer()),
  'answers 503 to all under load': (turn) => turn.answer(() => ({ status: 503, body: '' })),
  'answers 6,259 levels of JSON under load': (turn) =>
    turn.answer(() => ({ body: `{"resourceType":"Patient","a":${'['.repeat(6259)}${']'.repeat(6259)}}` })),
  'answers 4 MB each time under load': (turn) => turn.answer(() => ({ body: `{"resourceType":"Patient","id":"${'x'.repeat(4e6)}"}` })),
};

export const load: readonly Case[] = Object.entries(acts).map(([title, act]) => ({
  ...{ id: `load.${slug(title)}`, kind: 'run --load smoke', title, within: 180 },
  missing: () => {
    const found = findK6();
    return 'notRun' in found ? found.notRun.why : undefined;
  },
  play: against({
    ...{ at: reads, args: ['--only', 'rest.read,time.load', '--load', 'smoke', '--load-scale', '0.3'] },
    act: (turn) => (/k6/i.test(turn.headers['user-agent'] ?? '') ? act(turn) : turn.answer()),
    // What is measured under load may fail there, and nothing else.
    honest: ({ requirement, finding }) => requirement.startsWith('time.load.') || (finding.outcome === 'fail' && /load/.test(finding.actual)),
  }),
}));
