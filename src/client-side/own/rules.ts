import { asArray, asString, at, linkOf, type Resource } from '../../core/fhir.ts';
import type { Json } from '../../core/model.ts';
import { honestOrdering } from './crd/rules.ts';
import { honestLookUp } from './look-up.ts';
import { honestUdap } from './udap-rules.ts';

/** What our own provider does between two requests: the decisions of its journeys, one small function each, so that a defect replaces one. */
export const honestDecisions = {
  ...honestOrdering,
  ...honestUdap,
  ...honestLookUp,
  readsMetadata: (): boolean => true,
  supports: (version: string | undefined): boolean => version !== undefined && /^4\.[03]\./.test(version),
  metadataPerCall: (): boolean => false,
  /** A token for this call, or one for all. */
  tokenPerCall: (_url: string): boolean => false,
  /** Scope of another token with which the same is asked once more after this status. */
  widens: (_status: number): string | undefined => undefined,
  /** After an error: is the file read again that says where the payer is? */
  looksUpAgain: (_status: number): boolean => false,
  /** The algorithm to sign with, out of those that the payer lists. */
  signsWith: (listed: readonly string[]): 'ES384' | 'RS384' => (listed.includes('ES384') || listed.length === 0 ? 'ES384' : 'RS384'),
  /** Scopes to ask for. */
  scope: (wanted: string): string => wanted,
  /** Other spellings to try after a refusal: none, a person decides. */
  respells: (_patient: { readonly [key: string]: Json }, _status: number): readonly { readonly [key: string]: Json }[] => [],
  /** Does a match without the refused consent follow? */
  dropsConsent: (): boolean => false,
  /** The one person whom the answer means; with several, nobody. `_tell` writes to the screen. */
  chooses: (found: readonly Resource[], _tell: (line: string) => void): Resource | undefined => (found.length === 1 ? found[0] : undefined),
  isSame: (sent: Json, found: Json): boolean =>
    at(sent, 'birthDate') === at(found, 'birthDate') &&
    asArray(at(sent, 'name')).some((a) => asArray(at(found, 'name')).some((b) => same(at(a, 'family'), at(b, 'family')))),
  /** How the member is named from now on. */
  names: (returned: string, _card: string): string => returned,
  /** The next page of a search, if any. `seen`: those asked for so far. */
  nextPage: (bundle: Json | undefined, at: string, seen: ReadonlySet<string>): string | undefined => {
    const link = linkOf(bundle, 'next');
    const url = link !== undefined && URL.canParse(link, at) ? new URL(link, at).href : undefined;
    return url === undefined || seen.has(url) ? undefined : url;
  },
  /** How often the same read follows an answer with this status. */
  repeats: (_status: number): number => 0,
  /** Is an empty page taken for the last? */
  stopsWhenEmpty: (): boolean => false,
  remembersPages: (): boolean => true,
  /** After 304: is the whole resource asked for all the same? */
  asksAgainAfter304: (): boolean => false,
  /** Does a reference lead to the payer that we talk to? */
  followsReference: (url: string, base: string): boolean => url.startsWith(`${base}/`),
  followsOutcomes: (): boolean => false,
  /** The text of a document is fetched. */
  opensDocuments: (): boolean => true,
  /** Is it about this member? */
  belongs: (resource: Resource, id: string): boolean => {
    const subject = asString(at(resource, 'subject', 'reference'));
    return subject === undefined || subject.endsWith(`Patient/${id}`);
  },
  followsStrangers: (): boolean => false,
  /** Is a list taken in whose entries lack what may be absent, and is it asked for again? */
  takesBare: (): boolean => true,
  asksAgainForBare: (): boolean => false,
  /** Out of the Groups that matches gave: the one to export. */
  exportsGroup: (fresh: string, _first: string): string => fresh,
  /** Are the lines of a file compared with what the manifest says? */
  countsLines: (): boolean => true,
  /** Requests a second that a payer is asked at most, after a few at once. */
  rate: (): number => 16,
  /** What leaves for the authorization endpoint. */
  authorization: (query: Readonly<Record<string, string>>): Readonly<Record<string, string>> => query,
  /** Does the code come back for this very sign-in? */
  stateFits: (sent: string, returned: string | null): boolean => sent === returned,
  /** The form in which a code is handed in, and how often. */
  exchange: (form: Readonly<Record<string, string>>): Readonly<Record<string, string>> => form,
  exchanges: (): number => 1,
  /** Is a subscription switched off when its list is no longer used? */
  endsSubscription: (): boolean => true,
  /** What the screen shows of what a payer said. */
  shows: (text: string): string => text,
  /** A new kick-off because the first was put off, broke off or its job failed. */
  startsAgain: (_status: number): boolean => false,
  kinds: (_tell: (line: string) => void): readonly string[] => ['output', 'deleted', 'error'],
  /** Does it begin with files that are listed while the job still runs? */
  beginsEarly: (): boolean => false,
  /** Is the manifest asked for again when this many of its files could not be had? */
  asksManifestAgain: (_lost: number): boolean => false,
  /** Is the job released when its files are here? */
  releases: (): boolean => true,
  followsManifests: (): boolean => true,
  /** Are files that came packed fetched again as they are? */
  fetchesTwice: (): boolean => false,
  /** Where the next export starts. */
  since: (transactionTime: string | undefined): string | undefined => transactionTime,
  pollsAfterDelete: (): boolean => false,
  /** After a token error: more tries, and whether records are asked for without one. */
  insists: (): { readonly tries: number; readonly asksWithout: boolean } => ({ tries: 0, asksWithout: false }),
  /** After an answer that is no JSON: goes on to live. */
  survives: (_body: string): boolean => true,
};
export type Decisions = typeof honestDecisions;

const same = (a: Json | undefined, b: Json | undefined): boolean => (asString(a) ?? 'a').toLowerCase() === (asString(b) ?? 'b').toLowerCase();
