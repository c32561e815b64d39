import type { JourneyName } from '../../../src/load/journeys.ts';
import type { Interactive, Journey } from '../lib/journey.ts';
import { s2, typing } from './crd.ts';
import { s5, s6 } from './panel.ts';
import { s3, s4 } from './record.ts';
import { s1 } from './s1.ts';

export const interactive: Readonly<Partial<Record<JourneyName, Interactive>>> = { s1, s2, typing, s3, s4 };
export const journeys: Readonly<Record<JourneyName, Journey>> = { s1, s2, typing, s3, s4, s5, s6 };
