import type { Step } from './vocabulary.ts';

/**
 * The honest forms in which each step is asked (`Exchange.variant`): what suites send and judges select. A new form is declared here first; then a slip in its
 * name, or asking for it at another step, does not compile. Families are open only where the rest of the name comes from a list elsewhere.
 */
export interface Variants {
  'directory.organization':
    | 'payer'
    | 'unknown-payer'
    | 'by-name'
    | 'by-type'
    | 'by-endpoint'
    | 'include-endpoint'
    | 'revinclude-endpoint'
    | 'managing';
  'directory.endpoint':
    | 'by-organization'
    | 'chained'
    | 'combined-past'
    | 'combined-future'
    | 'read'
    | 'by-id'
    | 'include-organization'
    | 'past'
    | 'future'
    | 'by-usecase'
    | 'by-connection';
  'wellknown.davinci': 'again';
  metadata:
    | 'accept-json'
    | 'accept-quality'
    | 'fhirversion-4.0'
    | 'format-over-accept'
    | 'format-json'
    | 'format-application-json'
    | 'format-fhir-json'
    | 'with-token'
    | 'timing';
  versions: 'fhir' | 'json';
  tls: 'legacy' | 'modern';
  'plain-http': 'metadata' | 'patient' | 'directory' | 'wellknown' | 'cds';
  'smart.configuration': 'accept-xml' | 'timing';
  token:
    | 'renewal'
    | 'other'
    | 'other-algorithm'
    | 'narrow'
    | 'v1-wildcard'
    | 'extra-parameter'
    | 'beyond-registration'
    | 'panel'
    | 'patient-only'
    | 'timing';
  introspect: 'greeting' | 'garbage' | 'fresh' | 'revoke';
  'udap.metadata': 'community' | 'again' | 'unknown-community';
  register: 'other' | 'modified' | 'certification' | 'authorization-code' | 'restored' | 'cancel' | 'cancel-other' | CleanUp;
  'udap.token': 'mixed-scopes' | 'no-scope';
  'member-match': 'again' | 'no-consent' | 'guess' | 'timing' | Refused;
  match: Matching;
  'idi-match': Matching | 'base-profile' | 'digital-identifier' | Refused;
  read:
    | 'control'
    | 'member-id'
    | 'disposable'
    | 'known'
    | 'conditional'
    | 'other-etag'
    | 'non-ascii'
    | 'sec:medication'
    | 'roster'
    | ClaimForm
    | 'timing';
  vread: 'version' | 'history';
  search:
    | 'control'
    | 'has'
    | SearchForm
    | 'member-identifier'
    | 'revinclude'
    | 'include'
    | 'any-patient'
    | 'clinical'
    | ClaimForm
    | PersonForm
    | 'timing';
  page: SearchForm | PersonForm | WholeRecord;
  everything: WholeRecord | 'large' | 'respond-async';
  docref: 'get' | 'post' | 'unknown';
  binary: Attachment | 'fhir';
  document: Attachment;
  'care-gaps': 'open' | 'all-open';
  'cds.hook': HookName | `${HookName}:${HookForm}`;
  'app-link': 'crd' | 'document';
  'app.page': AppCase;
  'app.call': AppCase;
  'app.seen': AppCase;
  operation: 'batch' | `switch${'' | '-back'}/${'optOut' | 'change' | 'remove'}` | CleanUp;
  'group.search':
    | 'control'
    | 'npi'
    | 'tin'
    | 'all'
    | 'characteristic'
    | 'characteristic-bare'
    | 'identifier-bare'
    | 'foreign-npi'
    | 'code'
    | 'value-reference';
  'group.read':
    | 'control'
    | 'own'
    | 'listed'
    | `before-${'roster' | 'subset' | 'claims'}`
    | 'after-claims'
    | 'matched'
    | ListChange
    | 'draft/before'
    | `final/${'before' | 'after'}`;
  'group.operation': ListChange | `final/${'add' | 'remove'}` | 'confirm' | `status/${'member' | 'stranger'}` | MatchOf | CleanUp;
  'bulk.kickoff':
    | ExportName
    | 'matched'
    | 'post'
    | 'running'
    | 'declared/Patient'
    | 'parallel/second'
    | `format/${string}`
    | `type/${string}`
    | `roster-type/${string}`;
  'bulk.status': ExportName | `${ExportName}/again` | 'group/deleted' | 'running/deleted' | 'mode';
  'bulk.manifest': ExportName;
  'bulk.file': ExportName | `group/${'identity' | 'with-token' | 'again' | 'deleted'}` | 'attachment';
  'bulk.delete': ExportName | 'running' | `group/${'deleted' | 'mangled'}` | 'mode' | CleanUp;
}

/** The forms of one step; of any step when none is named. `x-...` is for private suites. */
export type Variant<S extends Step = Step> = (S extends keyof Variants ? Variants[S] : never) | `x-${string}`;

/** A legal form that was refused, before another one was tried. */
export type Refused = `refused-form/${string}`;

/** Taking back what this run, or one killed before it, has left. */
export type CleanUp = 'clean-up' | 'leftover';

/** Exports that are followed from kick-off to DELETE. */
export type ExportName =
  | 'group'
  | `roster${'' | '/post'}`
  | 'subset'
  | 'stranger'
  | 'foreign-group'
  | 'parallel/first'
  | 'repeated-type'
  | 'type-filter'
  | 'elements'
  | 'until'
  | 'future'
  | 'lenient'
  | 'patient'
  | 'organized'
  | 'separate'
  | 'empty'
  | 'partial'
  | 'failing'
  | 'partly-failing'
  | 'narrow'
  | 'patient-level'
  | 'claims'
  | 'everything'
  | 'with-stranger'
  | 'opted-out-group'
  | 'after-opt-out'
  | `since/${'first' | 'second'}`
  | 'mode'
  | JobOfMatch;

/** Matches of members for a Group: at once and as a job, of people of whom none may be matched, and without an attestation. */
export type MatchOf = `match${'' | '/later' | '/nobody' | '/unattested'}`;

/** The job behind a match; that of `match/later` is called `match`. */
export type JobOfMatch = Exclude<MatchOf, 'match/later'>;

type Matching = 'known' | 'unknown' | 'only-certain' | 'several' | 'count' | `near.${NearMissKey}`;

/** Somebody who is nearly the known member (checks/id/near-misses.ts). */
export type NearMissKey = 'one-letter' | 'swapped-names' | 'twin' | 'parent' | 'old-address' | 'wrong-year';

/** Searches that may run over several pages. */
type SearchForm =
  | 'by-patient'
  | 'by-patient-typed'
  | 'by-patient-status'
  | 'category-code'
  | 'category-system'
  | 'date-seconds'
  | 'date-day'
  | 'date-month'
  | 'date-lt'
  | 'date-le'
  | 'date-gt'
  | 'category-other-system'
  | 'no-match'
  | 'id'
  | 'id-case'
  | 'post'
  | 'paged'
  | `doc:${'list' | 'id' | 'provenance' | 'reports'}`
  | SectionForm;

/** Searches for sections of the record; `:status` is the same search with a status, for servers that ask for one. */
type SectionForm = `sec:${SectionKey}${'' | ':status'}`;

/** Sections of the record, and forms of asking for them. */
export type SectionKey =
  | `med-${'intent' | 'all' | 'active' | 'statuses'}`
  | 'dispense'
  | `lab${'' | '-bare' | '-typed' | '-code' | '-date' | '-provenance'}`
  | `condition${'' | '-category' | '-provenance'}`
  | 'allergy'
  | 'immunization'
  | 'goal'
  | `report${'' | '-lab' | '-code' | '-date'}`
  | `procedure${'' | '-date'}`
  | `encounter${'' | '-date'}`
  | 'coverage'
  | 'careplan'
  | 'careteam'
  | 'device'
  | `document${'' | '-category' | '-category-date' | '-type'}`;

/** Searches for the member by what the card says. */
type PersonForm = `sec:patient-${PersonKey}`;
/** Ways to search for a person. */
export type PersonKey = 'id' | 'identifier' | 'name' | 'name-start' | 'birthdate-name' | 'gender-name';

type ClaimForm = `claims/${ClaimKey}`;
/** Ways to search for claims. */
export type ClaimKey =
  | 'patient'
  | '_id'
  | '_lastUpdated'
  | 'type'
  | 'identifier'
  | 'service-date'
  | 'service-start-date'
  | 'billable-period-start'
  | 'combination'
  | 'include'
  | 'include-all'
  | 'coverage'
  | 'eob';

type WholeRecord = 'whole' | 'again' | 'type' | 'since';
type Attachment = 'attachment' | 'attachment:foreign';
/** Changes to attribution lists, in each form that the guide has. */
export type ListChange = `${'add' | 'remove'}/${'id' | 'reference'}` | `add/${'id' | 'reference'}-period` | `remove/${'id' | 'reference'}-alone`;

/** What a SMART app meets in one launch: nothing special, a refusal, a callback that is not its own, an expired token, and answers that are late or empty. */
export type AppCase = 'plain' | 'denied' | 'wrong-state' | 'expired' | 'slow' | 'empty';

/** The hooks of CDS Hooks that coverage requirements discovery knows. */
export type HookName = 'order-sign' | 'order-dispatch' | 'appointment-book' | 'order-select' | 'encounter-start' | 'encounter-discharge';
type HookForm =
  | 'beside'
  | 'plain'
  | 'repeat'
  | 'coverage-off'
  | 'unknown-option'
  | 'odd-configuration'
  | 'unknown-context'
  | 'unknown-root'
  | 'more'
  | 'unknown-code'
  | `us-core-${string}`
  | 'minimal'
  | 'gap'
  | 'prefer-async'
  | 'fetch'
  | 'refused'
  | 'unknown-member'
  | 'ended'
  | 'two-coverages'
  | 'parallel'
  | 'warm-up'
  | 'timing';
