import { createServer } from 'node:net';
import type { Known } from '../../../core/model.ts';
import { edwardsSigner, rsaSigner } from './keys.ts';
import { bodyOf, came, claim, inHeader, left, of, status, type Variation } from './variation.ts';

/** Tokens by SMART, and where they go. */

/** The same jti again, once the JWT that had it first is over. */
function laterAgain() {
  let [jti, over] = ['', 0];
  return () => {
    const now = Date.now() / 1000;
    if (jti === '' || now <= over + 0.5) jti = crypto.randomUUID();
    over = Math.floor(now) + 3;
    return { expOffset: 3, claims: { jti } };
  };
}

export const tokenVariations: readonly Variation[] = [
  {
    ids: ['cv-20'],
    text: 'aud of the assertion as a list of one',
    cases: ['T4'],
    rows: ['client.trust.assertion.claims'],
    differs: () => ({
      rules: { assertion: (spec, known) => ({ ...spec, claims: { ...spec.claims, aud: [(known as Known).tokenEndpoint ?? ''] } }) },
    }),
    shows: came('token', (each) => Array.isArray(claim(each, 'aud'))),
  },
  ...(
    [
      ['PS384', rsaSigner],
      ['EdDSA', edwardsSigner],
    ] as const
  ).map(
    ([alg, signer]): Variation => ({
      ids: ['cv-21'],
      text: `assertions signed with ${alg}`,
      controls: 'honest',
      cases: ['T4'],
      rows: ['client.trust.assertion.smart-header'],
      differs: () => ({ signers: { default: signer() }, rules: { assertion: (spec) => ({ ...spec, alg }) } }),
      serves: (_stage, usual) => ({ ...usual, rules: { ...usual.rules, algorithmIsAllowed: () => true } }),
      shows: came('token', (each) => inHeader(each, 'alg') === alg && status(each) === 200),
    }),
  ),
  {
    ids: ['cv-45'],
    text: 'no iat, nbf, and a claim that nobody asked for',
    cases: ['T4'],
    rows: ['client.trust.assertion.lifetime', 'client.trust.assertion.claims'],
    differs: () => ({
      rules: {
        assertion: (spec) => ({ ...spec, claims: { ...spec.claims, iat: undefined, nbf: Math.floor(Date.now() / 1000) - 1, practice: 'north' } }),
      },
    }),
    shows: came('token', (each) => claim(each, 'iat') === undefined && claim(each, 'nbf') !== undefined && claim(each, 'practice') === 'north'),
  },
  {
    ids: ['cv-46'],
    text: 'the jti of a JWT that is over, again',
    cases: ['B10'],
    rows: ['client.trust.assertion.jti'],
    differs: () => {
      const next = laterAgain();
      return { rules: { assertion: (spec) => ({ ...spec, ...next() }) } };
    },
    shows: ({ heard }) => {
      const ids = of(heard, 'token').map((each) => claim(each, 'jti'));
      return new Set(ids).size < ids.length;
    },
  },
  {
    ids: ['cv-49'],
    text: 'client_id beside the assertion, a charset, fields in another order',
    cases: ['T4'],
    rows: ['client.trust.token.form'],
    sends: (request) =>
      request.body?.includes('client_assertion=')
        ? {
            ...request,
            headers: { ...request.headers, 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
            body: ['client_id=assay', ...request.body.split('&').reverse()].join('&'),
          }
        : request,
    shows: came('token', (each) => bodyOf(each).startsWith('client_id=assay&client_assertion=')),
  },
  {
    ids: ['cv-53'],
    text: 'a token for each type of resource',
    cases: ['T5'],
    rows: ['client.trust.token.reuse'],
    differs: () => {
      let last = 'Patient';
      return {
        decides: {
          tokenPerCall: (url) => {
            const type = /\/fhir\/(Patient|Coverage|Observation)\b/.exec(url)?.[1] ?? last;
            const other = type !== last;
            last = type;
            return other;
          },
        },
      };
    },
    shows: ({ heard }) => of(heard, 'token').length >= 3,
  },
  {
    ids: ['cv-54'],
    text: 'scopes for coverage and for the list, which this run does not use',
    cases: ['R1'],
    rows: ['client.trust.token.minimal-scope'],
    differs: () => ({ decides: { scope: (wanted) => `${wanted} system/Group.rs` } }),
    shows: came('token', (each) => /Group\.rs/.test(decodeURIComponent(bodyOf(each)))),
  },
  {
    ids: ['cv-55'],
    text: 'takes a token for more than it asked for',
    cases: ['T6'],
    rows: ['client.trust.token.granted-subset'],
    serves: (_stage, usual) => ({ ...usual, rules: { ...usual.rules, scopesGranted: (asked) => [...asked, 'system/Immunization.rs'] } }),
    shows: came('token', (each) => /Immunization/.test(each.response?.body ?? '') && !/Immunization/.test(bodyOf(each))),
  },
  {
    ids: ['cv-56'],
    text: 'asks for an http link by https, at the same host',
    cases: ['T8'],
    rows: ['client.trust.token.no-plain-http'],
    differs: () => ({
      rules: { guardsBorder: () => false, carriesToken: (_target, _known, url) => url.startsWith('https:') || url.includes('/fhir') },
    }),
    sends: (request) => (request.url.includes('/page-2') ? { ...request, url: request.url.replace(/^http:/, 'https:') } : request),
    shows: left((request) => /^https:.*\/page-2$/.test(request.url)),
  },
  {
    ids: ['cv-57'],
    text: 'TLS 1.2: the handshake ends when the certificate was seen',
    cases: ['T9a', 'T9b', 'T9c', 'T9d'],
    rows: ['client.trust.tls.chain', 'client.trust.tls.hostname'],
    differs: () => ({ tls: { newest: 'TLSv1.2' } }),
    controls: 'own',
    shows: ({ heard }) => of(heard, 'tls').length >= 4 && heard.some((each) => each.facts?.['heard.tls'] === 'TLSv1.2' && status(each) === 200),
  },
  {
    ids: ['cv-57'],
    text: 'the connection is tried first, and closed after ClientHello',
    cases: ['T9a', 'T9b', 'T9c', 'T9d'],
    rows: ['client.trust.tls.chain', 'client.trust.tls.hostname'],
    beforehand: helloOnly,
    shows: ({ heard }) => of(heard, 'tls').length >= 8,
  },
  {
    ids: ['cv-58'],
    text: 'a trust store of its own, in which the authority of these payers is not',
    cases: ['T9a', 'T9b', 'T9c', 'T9d'],
    rows: ['client.trust.tls.chain', 'client.trust.tls.hostname'],
    differs: async () => ({
      tls: { ca: (await import('../../../../mocks/pki/authority.ts').then(({ createRoot }) => createRoot('pinned'))).certificate },
    }),
    controls: 'fail',
    shows: ({ heard }) => heard.length > 0 && heard.every((each) => each.step === 'tls' && each.suite.startsWith('ok-')),
    open: {
      'client.trust.tls.chain': 'nothing was asked at the healthy payer either, whose certificate is not the pinned one',
      'client.trust.tls.hostname': 'the same',
    },
  },
];

/** Speaks TLS to this address until ClientHello has left. */
async function helloOnly(root: string): Promise<void> {
  const { connect } = await import('node:tls');
  const { hostname, port } = new URL(root);
  // What is written is caught on the way: the first record of a TLS connection is ClientHello.
  const hello = await new Promise<Buffer>((resolve, reject) => {
    const catcher = createServer((socket) => {
      socket.once('data', (data) => {
        resolve(data);
        socket.destroy();
        catcher.close();
      });
    }).listen(0, '127.0.0.1', () => {
      const address = catcher.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      connect({ host: '127.0.0.1', port: address.port, rejectUnauthorized: false }).on('error', () => undefined);
    });
  });
  const { connect: open } = await import('node:net');
  await new Promise<void>((resolve) => {
    const socket = open(Number(port), hostname, () => socket.write(hello));
    // The server answers with its part of the handshake: then ClientHello has come.
    socket.once('data', () => socket.destroy());
    socket.once('error', () => undefined);
    socket.once('close', () => resolve());
  });
}
