import { asObject, at as path } from '../../../core/fhir.ts';
import { left } from '../../../core/heard.ts';
import type { Exchange, Json } from '../../../core/model.ts';
import { bodyOf, came, of, status, type Variation } from './variation.ts';

/** What an EHR opens to the payer, and what it does with answers. */

const asked = (heard: readonly Exchange[], purpose: string): Exchange | undefined =>
  heard.find((each) => each.facts?.['heard.asked']?.purpose === purpose);
const signs = (heard: readonly Exchange[]): readonly Exchange[] =>
  of(heard, 'cds.hook').filter((each) => bodyOf(each).includes('"hook":"order-sign"'));

export const answerVariations: readonly Variation[] = [
  {
    ids: ['cv-31'],
    text: 'scopes of the user: another patient of the same user can be read',
    cases: ['C3'],
    rows: ['client.crd.token-scope'],
    differs: () => ({
      decides: {
        grantScope: (types) => types.map((type) => `user/${type}.rs`).join(' '),
        reads: (place) =>
          place.startsWith('Patient/other-')
            ? { resourceType: 'Patient', id: place.slice('Patient/'.length), name: [{ family: 'Second' }] }
            : undefined,
      },
    }),
    shows: ({ heard }) => {
      const other = asked(heard, 'other');
      return other !== undefined && status(other) === 200;
    },
  },
  {
    ids: ['cv-32'],
    text: 'tokens of five minutes',
    cases: ['C3'],
    rows: ['client.crd.token-short'],
    differs: () => ({ decides: { tokenSeconds: () => 300 } }),
    shows: came('cds.hook', (each) => bodyOf(each).includes('"expires_in":300')),
    warns: { 'client.crd.token-short': 'CRD says SHOULD' },
  },
  {
    ids: ['cv-33'],
    text: 'closes the connection of a hook that takes long',
    cases: ['C7', 'C6'],
    rows: ['client.crd.bypass', 'client.crd.no-card-loss', 'client.load.timeout'],
    // The slow answer would come after 3 s; the journey itself is over long before, and does not close it.
    differs: () => ({ decides: { hookTimeout: () => 2500, takesLate: () => true } }),
    shows: ({ heard }) => {
      const [slow] = of(heard, 'cds.hook').filter((each) => each.facts?.['heard.end'] === 'closed by the client');
      const others = of(heard, 'cds.hook').filter((each) => each !== slow && each.suite === 'C7');
      return slow !== undefined && others.length > 0 && others.every((each) => left(slow) - left(each) > 200);
    },
    open: { 'client.load.timeout': 'its cases are searches, and this is about hooks' },
  },
  {
    ids: ['cv-33'],
    text: 'goes on meanwhile, and takes a late answer without a word',
    cases: ['C7'],
    rows: ['client.crd.bypass'],
    differs: () => ({ decides: { takesLate: () => true } }),
    shows: ({ heard }) => signs(heard).some((each) => status(each) === 200) && of(heard, 'cds.hook').length === 2,
  },
  {
    ids: ['cv-34'],
    text: 'ignores the cards of encounter-start',
    cases: ['C1', 'C6', 'C5'],
    rows: ['client.crd.no-card-loss', 'client.crd.coverage-info-kept'],
    shows: came('cds.hook', (each) => bodyOf(each).includes('"hook":"encounter-start"') && (each.response?.body ?? '').includes('"summary"')),
  },
  {
    ids: ['cv-35'],
    text: 'the order was cancelled meanwhile, and another one is signed',
    cases: ['C5'],
    rows: ['client.crd.coverage-info-kept'],
    differs: () => ({
      decides: {
        keeps: (stored) => ({ ...stored, status: 'revoked' }),
        signsNext: ([first]) => (first === undefined ? undefined : [{ ...first, id: 'order-new', status: 'draft' }]),
      },
    }),
    shows: ({ heard }) => (asked(heard, 'order')?.response?.body ?? '').includes('"revoked"'),
    open: { 'client.crd.coverage-info-kept': 'nothing need be stored with a cancelled order' },
  },
  {
    ids: ['cv-36'],
    text: 'orders cannot be read over FHIR, and are not sent along',
    cases: ['C5'],
    rows: ['client.crd.coverage-info-kept', 'client.crd.context-ids-usable'],
    differs: () => ({
      decides: {
        opens: (types) => types.filter((each) => !each.endsWith('Request')),
        leavesOut: () => ['ServiceRequest', 'DeviceRequest'],
      },
    }),
    shows: ({ heard }) => {
      const read = asked(heard, 'order');
      return read !== undefined && status(read) === 403;
    },
    open: { 'client.crd.coverage-info-kept': 'nobody saw the order again' },
  },
  {
    ids: ['cv-37'],
    text: 'shows no "covered, nothing needed", and says when the service is down',
    cases: ['C5', 'C6', 'C7b', 'V2'],
    rows: ['client.crd.suppressed-default', 'client.crd.display', 'client.crd.coverage-info-visible'],
    differs: () => ({ decides: { showsInformation: (text) => (/auth-needed|conditional|not-covered/.test(text) ? text : undefined) } }),
    shows: ({ heard, screen }) =>
      heard.some((each) => each.suite === 'V2' && (each.response?.body ?? '').includes('"covered"')) &&
      !screen.some((line) => /: covered, [^,]*$/.test(line)) &&
      screen.some((line) => line.includes('(503)')),
  },
  {
    ids: ['cv-38'],
    text: 'feedback for one card twice, in one batch',
    cases: ['C6'],
    rows: ['client.crd.feedback', 'client.crd.feedback.form'],
    sends: (request) => {
      if (!request.url.endsWith('/feedback')) return request;
      const { feedback } = JSON.parse(request.body ?? '{}') as { readonly feedback: readonly Json[] };
      return { ...request, body: JSON.stringify({ feedback: [...feedback, ...feedback] }) };
    },
    shows: came('cds.feedback', (each) => bodyOf(each).split('"outcome":').length === 3),
  },
  {
    ids: ['cv-38'],
    text: 'no feedback',
    cases: ['C6'],
    rows: ['client.crd.feedback', 'client.crd.feedback.form'],
    differs: () => ({ decides: { feedback: () => false } }),
    shows: ({ heard }) => of(heard, 'cds.hook').length > 0 && of(heard, 'cds.feedback').length === 0,
    open: { 'client.crd.feedback.form': 'no feedback was given' },
    warns: { 'client.crd.feedback': 'CDS Hooks says SHOULD' },
  },
  {
    ids: ['cv-39'],
    text: 'calls the hook again in the background, since the coverage changed',
    cases: ['C5', 'I1'],
    rows: ['client.crd.hook-instance', 'client.record.no-rerequest'],
    differs: () => ({
      decides: { signsNext: (signed) => signed.filter((each) => path(each, 'resourceType') === 'ServiceRequest').map((each) => asObject(each)) },
    }),
    shows: ({ heard }) => signs(heard).length === 2,
  },
];
