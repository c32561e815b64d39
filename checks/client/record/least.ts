import type { ClientRow } from '../../../src/core/client-row.ts';
import type { Exchange } from '../../../src/core/model.ts';
import { atr } from '../../sources.ts';
import { at, attested, clinical, none, onPlayed, repeatsOf, type Scene, status } from '../marks.ts';

const cases = ['R4a', 'R4b', 'R4c', 'R4d'] as const;
/** The list, or the results, with the word of the case in it. */
const told = (each: Exchange): boolean =>
  status(each) === 200 && /"family":"Listed-[0-9a-f]{8}"|"text":"Result [0-9a-f]{8}"/.test(each.response?.body ?? '');

/** Nothing is asked for again because something is not in it, and the screen shows what came. */
function taken(scene: Scene) {
  const whole = scene.heard.filter((each) => status(each) === 200 && (at('bulk.file')(each) || clinical(each)));
  const again = whole.flatMap((each) => repeatsOf(each, whole).filter((other) => other.request.headers['if-none-match'] === undefined));
  return attested(scene, none(again, 'second request for what had come'));
}

export const leastRows: readonly ClientRow[] = [
  {
    id: 'client.record.must-support',
    level: 'SHALL',
    text: 'Content with and without must-support elements is taken without error.',
    source: atr('spec.html'),
    lines: ['L2', 'L7'],
    scenarios: ['S3', 'S4', 'S5'],
    cases,
    judge: onPlayed(cases, told, taken, { silence: true }),
    faults: [
      { name: 'asks again and again for a list without periods', behaves: 'asks-again-for-bare-lists', in: ['R4b'] },
      { name: 'gives up on a list without periods', behaves: 'gives-up-on-bare-lists', in: ['R4b'] },
    ],
  },
];
