import type { Area } from '../area.ts';
import { authzChecks } from './authz.ts';
import { recordAccessChecks } from './authz-record.ts';
import { foreignSearchChecks } from './authz-search.ts';
import { idiMatchChecks } from './idi-match.ts';
import { inputChecks } from './inputs.ts';
import { matchAnswerChecks } from './match-answers.ts';
import { matchInputChecks } from './match-input.ts';
import { memberMatchChecks } from './member-match.ts';
import { refusalChecks } from './refusals.ts';
import { rightPersonChecks } from './right-person.ts';
import { identityVariations } from './variations.ts';

export const id: Area = {
  checks: [
    ...memberMatchChecks,
    ...refusalChecks,
    ...inputChecks,
    ...idiMatchChecks,
    ...matchAnswerChecks,
    ...matchInputChecks,
    ...authzChecks,
    ...foreignSearchChecks,
    ...recordAccessChecks,
    ...rightPersonChecks,
  ],
  excluded: [],
  variations: identityVariations,
};
