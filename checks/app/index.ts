import type { Area, Variation } from '../area.ts';
import { authorizeChecks } from './authorize.ts';
import { shownChecks } from './shown.ts';
import { tokenChecks } from './token.ts';

/** SMART apps of the payer, launched in a browser. */

const at = 'app.page';
const variations: readonly Variation[] = [
  { name: 'an app reads the CapabilityStatement as well', at, behaviour: 'app-reads-the-capability-statement-too' },
  { name: 'an app writes the family name first, in capitals', at, behaviour: 'app-writes-the-family-name-first' },
  { name: 'an app loads a style from another origin', at, behaviour: 'app-loads-a-style-from-elsewhere' },
  { name: 'an app whose token has expired is authorized anew', at, behaviour: 'app-is-authorized-anew' },
  { name: 'an app has a state of 256 bits', at, behaviour: 'app-has-a-long-state' },
];

export const app: Area = { checks: [...shownChecks, ...authorizeChecks, ...tokenChecks], excluded: [], variations };
