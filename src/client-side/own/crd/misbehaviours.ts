import { asArray, asObject, at, type JsonObject } from '../../../core/fhir.ts';
import type { Json } from '../../../core/model.ts';
import type { Misbehaviour } from '../client.ts';

/** Our own EHR with one decision replaced: what each judge of CRD clients must notice. */
type Make = () => Misbehaviour;

const filled =
  (change: (key: string, template: string, value: Json | undefined) => readonly (readonly [string, Json])[]): Make =>
  () => ({
    decides: {
      prefetch: (templates, sent) => {
        const all = Object.entries(templates).flatMap(([key, template]) => change(key, template, sent[key]));
        return Object.fromEntries(all);
      },
    },
  });
const same = (key: string, value: Json | undefined): readonly (readonly [string, Json])[] => (value === undefined ? [] : [[key, value]]);
const states =
  (name: string, value: string): Make =>
  () => ({ decides: { states: (answers) => ({ ...answers, [name]: value }) } });

export const orderingMisbehaviours = {
  'never-signs': () => ({ decides: { callsHook: (hook) => hook !== 'order-sign' } }),
  'what-if-as-order': () => ({ decides: { whatIf: () => ({}) } }),
  'billing-code-in-a-note': () => ({ decides: { billing: (code) => ({ note: [{ text: `Billing code ${code}` }] }) } }),
  'rooms-without-address': () => ({ decides: { locationAddress: () => undefined } }),
  'base-as-hook-audience': () => ({ decides: { hookJwt: (url) => ({ claims: { aud: url.split('/cds-services')[0] ?? '' } }) } }),
  'one-subject-for-all': () => ({ decides: { subject: () => 'the-payer' } }),
  'strange-token-type': () => ({ decides: { tokenType: () => 'bearer token' } }),
  'fixed-prefetch-keys': filled((key, template, value) =>
    template.startsWith('Coverage?') ? (value === undefined ? [] : [['coverage', value]]) : same(key, value),
  ),
  'leaves-coverage-out': () => ({ decides: { leavesOut: () => ['Coverage'] } }),
  'errors-for-nothing': filled((key, template, value) =>
    template.startsWith('AllergyIntolerance') && value === null
      ? [[key, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'not-found' }] }]]
      : same(key, value),
  ),
  'sends-templates': filled((key, template, value) => (template.includes('unsearchable') ? [[key, template]] : same(key, value))),
  'reads-no-fhirpath': filled((key, template, value) => (template.includes('ofType(') ? [[key, template]] : same(key, value))),
  'sends-all-coverages': filled((key, template, value) => {
    const entry = asArray(at(value ?? null, 'entry'));
    const old: JsonObject = { ...asObject(at(entry[0], 'resource')), id: 'ehr-coverage-old', status: 'cancelled' };
    return template.startsWith('Coverage?') && entry.length > 0
      ? [[key, { ...asObject(value), entry: [...entry, { resource: old }] }]]
      : same(key, value);
  }),
  'shows-all-coverages': () => ({ decides: { showsCoverages: (_own, all) => all } }),
  'patient-as-payor': () => ({ decides: { payorOf: () => 'Patient/ehr-patient' } }),
  'closed-fhir-server': () => ({ decides: { servesPatient: () => false } }),
  'declares-no-patient': () => ({
    decides: {
      declares: (statement) => JSON.parse(JSON.stringify(statement).replace('"type":"Patient"', '"type":"Person"')) as JsonObject,
    },
  }),
  'hour-long-tokens': () => ({ decides: { tokenSeconds: () => 3600 } }),
  'token-lives-on': () => ({ decides: { endsToken: () => false } }),
  'scope-for-everything': () => ({ decides: { grantScope: () => 'user/*.*' } }),
  'unguarded-scope': () => ({ decides: { guardsScope: () => false } }),
  'same-rights-for-all': () => ({ decides: { hidesFrom: () => false } }),
  'asks-every-payer': () => ({ decides: { asksPayers: (_active, known) => known } }),
  'discovers-once': () => ({ decides: { discoversAgain: () => false } }),
  'asks-both-for-coverage': () => ({ decides: { switchesOff: () => false } }),
  'one-payer-after-the-other': () => ({ decides: { together: () => false } }),
  'asks-for-ended-coverage': () => ({ decides: { callsForEnded: () => true } }),
  'asks-for-self-pay': () => ({ decides: { callsForSelfPay: () => true } }),
  'ignores-system-actions': () => ({ decides: { keeps: (stored) => stored, showsInformation: () => undefined } }),
  'ids-change-at-signing': () => ({ decides: { signedId: (id) => `${id.replace(/-final$/, '')}-final` } }),
  'reads-no-unknown-members': () => ({ decides: { readsUnknown: () => false } }),
  'reads-no-minimal-answers': () => ({ decides: { readsMinimal: () => false } }),
  'stores-the-whole-order': () => ({ decides: { keeps: (_stored, proposed) => proposed } }),
  'leaves-temporary-ids': () => ({ decides: { relinks: () => false } }),
  'waits-for-the-payer': () => ({ decides: { goesOnAfter: () => 120 } }),
  'shows-one-card': () => ({ decides: { shownCards: (fresh) => fresh.slice(0, 1) } }),
  'shows-no-card': () => ({ decides: { shownCards: () => [] } }),
  'gives-no-feedback': () => ({ decides: { feedback: () => false } }),
  'unknown-feedback': () => ({ decides: { feedbackOutcome: () => 'ignored' } }),
  'accepts-anything': () => ({ decides: { accepts: () => true } }),
  'keeps-old-cards': () => ({ decides: { shownCards: (fresh, old) => [...old, ...fresh] } }),
  'opens-no-links': () => ({ decides: { opensLinks: () => false } }),
  'shows-no-instructions': () => ({ decides: { showsInstructions: () => false } }),
  'launches-without-iss': () => ({ decides: { launches: (url) => url } }),
  'starts-no-dtr': () => ({ decides: { startsDtr: () => false } }),
  'hides-coverage-information': () => ({ decides: { showsInformation: () => undefined } }),
  'hides-failures': () => ({ decides: { showsFailure: () => false, shows: () => '' } }),
  'orders-at-the-payer': states('in-workflow', 'no'),
  'keeps-elements-back': states('must-support-shown', 'no'),
  'skips-inherited-security': states('inherited-security', 'no'),
  'has-no-documentation': states('api-docs', 'none'),
  'discovers-weekly': states('discovery-interval', '168 h'),
  'keeps-no-log': () => ({ decides: { logs: () => 'none' } }),
} satisfies Readonly<Record<string, Make>>;
