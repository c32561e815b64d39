import { answering, bodyOf, came, header, left, of, pathOf, status, type Variation, where, without } from './variation.ts';

/** Addresses and versions. */
const random = '5f0c9a1e-7d2b-4c3e-9a41-6b1f0e2d3c4b';

export const discoveryVariations: readonly Variation[] = [
  {
    ids: ['cv-01'],
    text: 'no Accept on .well-known documents',
    cases: ['E1', 'T4u'],
    rows: ['client.version.accept'],
    sends: where(/\.well-known/, (request) => without(request, 'accept')),
    shows: ({ heard }) => of(heard, 'smart.configuration', 'udap.metadata').filter((each) => header(each, 'accept') === '').length >= 2,
  },
  {
    ids: ['cv-04'],
    text: 'the version was agreed beforehand, and /metadata is never read',
    cases: ['I1'],
    rows: ['client.version.reads-metadata'],
    differs: () => ({ decides: { readsMetadata: () => false } }),
    claims: { 'hl7.fhir.r4.core': '4.0.1' },
    shows: ({ heard }) => of(heard, 'metadata').length === 0 && of(heard, 'member-match').length === 1,
    open: { 'client.version.reads-metadata': 'the plan claims hl7.fhir.r4.core: the version was agreed' },
  },
  {
    ids: ['cv-05'],
    text: 'goes on at a base that declares FHIR 4.3.0',
    cases: ['R3'],
    rows: ['client.version.refuses-unsupported'],
    serves: (_stage, usual) => answering(usual, { metadata: (reply) => ({ ...reply, body: reply.body.replace('"4.0.1"', '"4.3.0"') }) }),
    shows: ({ heard }) =>
      of(heard, 'metadata').some((each) => each.response?.body.includes('"fhirVersion":"4.3.0"')) &&
      of(heard, 'read').some((each) => status(each) === 200),
    open: { 'client.version.refuses-unsupported': 'its cases declare 3.0.1 and 5.0.0 only' },
  },
  {
    ids: ['cv-06'],
    text: 'asks for active addresses only, and never sees the others',
    cases: ['D2'],
    rows: ['client.discovery.inactive-endpoint'],
    sends: where(/\/directory\/Endpoint\?/, (request) => ({ ...request, url: `${request.url}&status=active` })),
    shows: came('directory.endpoint', (each) => each.request.url.includes('status=active') && !each.response?.body.includes('"off"')),
  },
  {
    ids: ['cv-07'],
    text: 'the CRD base was typed in, the FHIR base was found in the directory',
    cases: ['D6', 'D1f'],
    rows: ['client.discovery.not-hardcoded', 'client.discovery.crd-rerun-on-error'],
    shows: ({ heard }) =>
      of(heard, 'cds.discovery').length > 0 && of(heard, 'directory.endpoint').length > 0 && !heard.some((each) => each.step === 'wellknown.davinci'),
  },
  {
    ids: ['cv-08'],
    text: 'reads davinci-configuration again after every error; bases with a random UUID in them',
    cases: ['E1-404', 'D1f'],
    rows: ['client.load.metadata-cached', 'client.discovery.not-hardcoded'],
    differs: () => ({ decides: { looksUpAgain: (code) => code >= 400 } }),
    serves: (stage, usual) => {
      if (!stage.case.startsWith('D1f')) return usual;
      const strip = (path: string): string => path.replace(`/fhir/${random}`, '/fhir');
      return {
        ...usual,
        rewrite: (path) => usual.rewrite?.(strip(path)) ?? strip(path),
        instead: async (asked) => {
          const told = await usual.instead?.({ ...asked, path: strip(asked.path) });
          return told === undefined
            ? undefined
            : { ...told, reply: { ...told.reply, body: told.reply.body.replaceAll('/fhir"', `/fhir/${random}"`) } };
        },
      };
    },
    shows: ({ heard }) => heard.some((each) => each.step === 'wellknown.davinci') && of(heard, 'read').some((each) => pathOf(each).includes(random)),
  },
  {
    ids: ['cv-09'],
    text: 'asks the second payer too, with coverage information switched off',
    cases: ['C4', 'D1'],
    rows: ['client.discovery.payer-routing', 'client.crd.primary-coverage'],
    shows: left((request) => /\/two\/cds\/.*\/sign-/.test(request.url) && (request.body ?? '').includes('"coverage-info":false')),
  },
  {
    ids: ['cv-10'],
    text: 'each payer is asked, in a call of its own, about the items that it is the primary one of',
    cases: ['C4'],
    rows: ['client.crd.primary-coverage', 'client.crd.hook-instance', 'client.crd.prefetch.one-coverage'],
    differs: () => ({ decides: { separates: () => true } }),
    shows: ({ heard }) => of(heard, 'cds.hook').filter((each) => bodyOf(each).includes('"coverage-info":true')).length >= 2,
  },
  {
    ids: ['cv-11'],
    text: 'takes the second payer for the primary one, and asks it alone',
    cases: ['C4'],
    rows: ['client.crd.primary-coverage'],
    differs: () => ({ decides: { asksPayers: () => ['two'], switchesOff: () => false } }),
    shows: ({ heard }) => of(heard, 'cds.hook').length > 0 && of(heard, 'cds.hook').every((each) => pathOf(each).includes('/two/')),
  },
];
