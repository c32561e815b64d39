import { request as ask } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import type { Case } from './played.ts';
import type { Turn } from './proxy.ts';
import { against, slug, spoiltAt } from './servers.ts';
import { endless } from './wires.ts';

/** What a CRD service may do to our EHR while it should answer a hook: it knows where that listens, and has a token for it. */
const acts: Readonly<Record<string, (ehr: URL, token: string) => Promise<void>>> = {
  'calls back with a target that is no URL': (ehr) => raw(ehr, 'GET // HTTP/1.1\r\nhost: x\r\n\r\n'),
  'calls back for a file outside': (ehr, token) =>
    raw(ehr, `GET ${ehr.pathname}/../../../etc/passwd HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`),
  'calls back with 100 kB of headers': (ehr) => raw(ehr, `GET ${ehr.pathname}/Patient HTTP/1.1\r\nhost: x\r\n${'x: y\r\n'.repeat(20_000)}\r\n`),
  'calls back with garbage': (ehr) => raw(ehr, '\u0016\u0003\u0001 no HTTP \u0000\r\n\r\n'),
  'calls back with a body without an end': (ehr, token) => posted(ehr, token, undefined),
  'calls back with 6,259 levels of JSON': (ehr, token) =>
    posted(ehr, token, `{"resourceType":"Bundle","type":"batch","entry":${'['.repeat(6259)}${']'.repeat(6259)}}`),
  'opens 200 connections and says half a request on each': async (ehr) => {
    await Promise.all(Array.from({ length: 200 }, () => raw(ehr, 'GET /fhir HTTP/1.1\r\nhost', 100)));
  },
  'calls back 2,000 times': async (ehr, token) => {
    for (let nth = 0; nth < 20; nth++)
      await Promise.all(
        Array.from({ length: 100 }, () =>
          raw(ehr, `GET ${ehr.pathname}/Patient?_id=${nth} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`),
        ),
      );
  },
};

export const callbacks: readonly Case[] = Object.entries(acts).map(([title, act]) => ({
  ...{ id: `callback.${slug(title)}`, kind: 'callback', title, within: 120 },
  play: against({
    act: async (turn) => {
      if (turn.method === 'POST' && turn.nth <= 12) await called(turn, act);
      return turn.answer();
    },
    ...{ at: /\/cds-services\//, args: ['--only', 'crd.invoke,crd.card.required,crd.fetch'], honest: spoiltAt(/\/fhir\/|cds-services/) },
  }),
}));

async function called(turn: Turn, act: (ehr: URL, token: string) => Promise<void>): Promise<void> {
  const { fhirServer, fhirAuthorization } = JSON.parse(turn.body.toString() || '{}') as {
    fhirServer?: string;
    fhirAuthorization?: { access_token?: string };
  };
  if (fhirServer?.startsWith('http://127.0.0.1:')) await act(new URL(fhirServer), fhirAuthorization?.access_token ?? '');
}

/** Sends bytes and waits until the other side hangs up, or for `most` ms. */
function raw(ehr: URL, bytes: string, most = 3000): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(ehr.port), '127.0.0.1', () => socket.write(bytes));
    const over = setTimeout(() => socket.destroy(), most);
    socket.resume().on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(over);
      resolve();
    });
  });
}

/** A POST of this body, or of one without an end; over when it is answered or hung up on. */
function posted(ehr: URL, token: string, body: string | undefined): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = ask(
      ehr,
      { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' } },
      (answer) => {
        answer.resume();
        outgoing.destroy();
      },
    );
    outgoing.on('error', () => undefined).once('close', () => resolve());
    if (body === undefined) void endless(outgoing, () => Buffer.alloc(2 ** 16, ' '));
    else Readable.from([body]).pipe(outgoing);
  });
}
