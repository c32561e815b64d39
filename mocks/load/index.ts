import type { MockArea } from '../kernel/area.ts';
import { type LoadRules, loadBehaviours } from './behaviours.ts';

/** What the load of many requests does to this payer: nothing, when it is honest. */
const loadRules: LoadRules = { admit: () => ({}), underPressure: (reply) => reply };

export const load = { routes: [], rules: loadRules, behaviours: loadBehaviours } satisfies MockArea;
