import { asArray, asString, at, isResource, parseJson } from './fhir.ts';
import type { JobOfMatch, Json } from './model.ts';

/** The lists of people that a match of members answers with. Source: http://hl7.org/fhir/us/davinci-pdex/OperationDefinition-ProviderMemberMatch.html */
export const matchLists = ['MatchedMembers', 'NonMatchedMembers', 'ConsentConstrainedMembers'] as const;
export type MatchList = (typeof matchLists)[number];
export type MatchGroups = Readonly<Record<MatchList, readonly Json[]>>;

/** Jobs of matches: what they bring names people and holds none of their data. */
export const matchJobs: readonly JobOfMatch[] = ['match', 'match/nobody', 'match/unattested'];

/** How a Group that comes alone says which list it is. Source: http://hl7.org/fhir/us/davinci-pdex/CodeSystem-PdexMultiMemberMatchResultCS.html */
export const listOfCode: Readonly<Record<string, MatchList>> = {
  match: 'MatchedMembers',
  nomatch: 'NonMatchedMembers',
  consentconstraint: 'ConsentConstrainedMembers',
};
const profiles: readonly (readonly [RegExp, MatchList])[] = [
  [/provider-member-match(\||$)/, 'MatchedMembers'],
  [/no-match/, 'NonMatchedMembers'],
  [/opt-out/, 'ConsentConstrainedMembers'],
];

function listOf(group: Json): MatchList | undefined {
  const coded = asArray(at(group, 'code', 'coding')).flatMap((each) => listOfCode[asString(at(each, 'code')) ?? ''] ?? []);
  const named = asArray(at(group, 'meta', 'profile')).flatMap((each) => profiles.find(([pattern]) => pattern.test(asString(each) ?? ''))?.[1] ?? []);
  return coded[0] ?? named[0];
}

type Listed = readonly (readonly [MatchList, Json])[];

/**
 * The Groups in an answer: Parameters with all of them, or one resource a line, Parameters or Groups. A job may bring both ("a `Parameters` ndjson file ... that
 * wraps the same Group resources"): then the Groups that come alone count, each once.
 */
export function matchGroupsIn(text: string): MatchGroups {
  const whole = parseJson(text);
  const rows = whole === undefined ? text.split('\n').flatMap((line) => parseJson(line) ?? []) : [whole];
  const alone = rows.flatMap((row): Listed => {
    const list = isResource(row, 'Group') ? listOf(row) : undefined;
    return list === undefined ? [] : [[list, row]];
  });
  const wrapped = rows.flatMap(
    (row): Listed =>
      (isResource(row, 'Parameters') ? asArray(row['parameter']) : []).flatMap((each) => {
        const list = matchLists.find((name) => name === at(each, 'name'));
        const group = at(each, 'resource');
        return list === undefined || group === undefined ? [] : [[list, group] as const];
      }),
  );
  const found = alone.length > 0 ? alone : wrapped;
  const of = (wanted: MatchList) => found.filter(([list]) => list === wanted).map(([, group]) => group);
  return {
    MatchedMembers: of('MatchedMembers'),
    NonMatchedMembers: of('NonMatchedMembers'),
    ConsentConstrainedMembers: of('ConsentConstrainedMembers'),
  };
}

/** The Group to export, when the answer names one. */
export const matchedGroupId = (text: string): string | undefined => asString(at(matchGroupsIn(text).MatchedMembers[0], 'id'));
