import type { Suite } from '../../src/run/suite.ts';
import { access } from './access.ts';
import { memberDetails } from './details.ts';
import { guess } from './guess.ts';
import { match } from './match.ts';
import { member } from './member.ts';

export const memberSuites: readonly Suite[] = [member, memberDetails, match, access, guess];
