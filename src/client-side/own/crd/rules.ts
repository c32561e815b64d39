import { asArray, asObject, asString, at, type JsonObject } from '../../../core/fhir.ts';
import type { AssertionSpec, Json } from '../../../core/model.ts';

export const informationUrl = 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information';
const informationOf = (resource: JsonObject): readonly Json[] => asArray(resource['extension']).filter((each) => at(each, 'url') === informationUrl);

/** What our own EHR does around an order: its decisions, one small function each, so that a defect replaces one. */
export const honestOrdering = {
  /** Which payers are asked: those of the active coverages. */
  asksPayers: (active: readonly string[], _known: readonly string[]): readonly string[] => active,
  /** Is the service list read anew before each order, or once? */
  discoversAgain: (): boolean => true,
  /** Hooks that are called, of those that the payer offers. */
  callsHook: (_hook: string): boolean => true,
  hookJwt: (_url: string): AssertionSpec => ({}),
  /** Types that are left out of the prefetch. */
  leavesOut: (): readonly string[] => [],
  /** The prefetch as it leaves. */
  prefetch: (_templates: Readonly<Record<string, string>>, filled: JsonObject): JsonObject => filled,
  /** Coverages in the prefetch: that of the payer asked, or all. */
  showsCoverages: (own: JsonObject, _all: readonly JsonObject[]): readonly JsonObject[] => [own],
  /** Who is asked beside the first payer is told to leave coverage information out. */
  switchesOff: (): boolean => true,
  /** Payers are asked at the same time. */
  together: (): boolean => true,
  /** Version of CRD that the call names, out of those that the service lists. */
  version: (listed: readonly Json[]): string | undefined => (listed.includes('2.2') ? '2.2' : undefined),
  /** Is each payer asked about the items that it is the primary one of, in calls of their own? */
  separates: (): boolean => false,
  /** Orders that are signed after the first answer; undefined: none. */
  signsNext: (_signed: readonly JsonObject[]): readonly JsonObject[] | undefined => undefined,
  /** Ms after which a hook call is given up; undefined: when everything is. */
  hookTimeout: (): number | undefined => undefined,
  /** Are answers taken that come when the person has gone on? */
  takesLate: (): boolean => false,
  /** Types that the token opens. */
  opens: (types: readonly string[]): readonly string[] => types,
  /** What our FHIR server reads for the payer, beside the record of this patient. */
  reads: (_path: string): JsonObject | undefined => undefined,
  /** How the payer is known at our authorization server. */
  subject: (payer: string): string => `payer-${payer}`,
  tokenSeconds: (most: number): number => most,
  tokenType: (): string => 'Bearer',
  /** Scope of the token, by the types that the templates name. */
  grantScope: (types: readonly string[]): string => types.map((type) => `patient/${type}.rs`).join(' '),
  /** Does our FHIR server refuse types outside the scope? */
  guardsScope: (): boolean => true,
  servesPatient: (): boolean => true,
  declares: (statement: JsonObject): JsonObject => statement,
  /** The token ends with the answer. */
  endsToken: (): boolean => true,
  /** What the payer's organisation is named by. */
  payorOf: (organization: string): string => organization,
  /** Does the limited user's token hide what that user may not see? */
  hidesFrom: (limited: boolean): boolean => limited,
  locationAddress: (address: JsonObject): JsonObject | undefined => address,
  /** Where a billing code that we know stands in the order. */
  billing: (code: string): JsonObject => ({
    extension: [
      {
        url: 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options',
        extension: [{ url: 'code', valueCodeableConcept: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code }] } }],
      },
    ],
  }),
  /** Ms of the catalogue after which the person goes on without an answer, s. */
  goesOnAfter: (): number => 10,
  /** What is stored of an update that the payer proposes: the coverage information, and nothing else. */
  keeps: (stored: JsonObject, proposed: JsonObject): JsonObject => ({
    ...stored,
    extension: [...asArray(stored['extension']).filter((each) => at(each, 'url') !== informationUrl), ...informationOf(proposed)],
  }),
  /** Is an answer with members that nobody defined still read? */
  readsUnknown: (): boolean => true,
  readsMinimal: (): boolean => true,
  /** The id of an order once it was signed. */
  signedId: (id: string): string => id,
  /** References among created resources follow the ids that we give. */
  relinks: (): boolean => true,
  /** May the suggestions of this card be accepted? */
  accepts: (behaviour: string | undefined): boolean => behaviour === undefined || ['at-most-one', 'any'].includes(behaviour),
  feedback: (): boolean => true,
  feedbackOutcome: (outcome: 'accepted' | 'overridden'): string => outcome,
  /** The cards on the screen after a new answer. */
  shownCards: (fresh: readonly string[], _old: readonly string[]): readonly string[] => fresh,
  showsInstructions: (): boolean => true,
  showsInformation: (text: string): string | undefined => text,
  showsFailure: (): boolean => true,
  opensLinks: (): boolean => true,
  launches: (url: string, iss: string, launch: string): string =>
    `${url}${url.includes('?') ? '&' : '?'}iss=${encodeURIComponent(iss)}&launch=${encodeURIComponent(launch)}`,
  startsDtr: (): boolean => true,
  whatIf: (): JsonObject => ({ 'unsolicited-determ': false }),
  callsForSelfPay: (): boolean => false,
  callsForEnded: (): boolean => false,
  logs: (hash: string): string => hash,
  /** Answers to questions about the system, by their names. */
  states: (answers: Readonly<Record<string, string>>): Readonly<Record<string, string>> => answers,
};

/** What coverage information says to a person. */
export const wordsOf = (resource: JsonObject): readonly string[] =>
  informationOf(resource).map((each) =>
    asArray(at(each, 'extension'))
      .map((one) => asString(at(one, 'valueCodeableConcept', 'text')) ?? asString(at(one, 'valueCode')) ?? '')
      .filter((text) => text !== '')
      .join(', '),
  );
export const isMinimal = (resource: JsonObject): boolean => informationOf(resource).every((each) => asArray(asObject(each)['extension']).length <= 4);
