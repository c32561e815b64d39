import { replaceText } from '../alter.ts';
import type { Area, Variation } from '../area.ts';
import { gapsChecks } from './gaps.ts';

/** What a payer's own list calls a gap stands before the code of the guide. */
const variations: readonly Variation[] = [
  {
    name: 'gaps with a code of the payer before that of the guide (F3.23)',
    at: 'care-gaps',
    alter: replaceText(
      /("coding":\[)(\{"system":"http:\/\/hl7.org\/fhir\/us\/davinci-deqm\/CodeSystem\/gaps-status")/g,
      '$1{"system":"https://payer.example/gaps","code":"O"},$2',
    ),
  },
];

export const gaps: Area = { checks: gapsChecks, excluded: [], variations };
