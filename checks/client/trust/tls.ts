import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, jsonOf, at as path } from '../../../src/core/fhir.ts';
import { check, notTestable, worst } from '../../../src/core/findings.ts';
import type { Hearing } from '../../../src/core/heard.ts';
import type { Exchange, Finding, NonEmpty } from '../../../src/core/model.ts';
import { allScenarios } from '../../../src/core/steps.ts';
import { rfc, smart } from '../../sources.ts';
import { at, none, onCase, unheard } from '../marks.ts';

const shared = { level: 'SHALL', lines: ['L3'], scenarios: allScenarios } as const;
const handshake = at('tls');

/** A connection was tried, and no byte of HTTP came over it. */
const silent = (cases: NonEmpty<string>) =>
  onCase(
    cases,
    handshake,
    ({ heard }): Finding =>
      none(
        heard.filter((each) => !handshake(each)),
        'HTTP request over this connection',
      ),
    { silence: true },
  );

function versions({ heard }: Hearing): Finding {
  const old = heard.filter(
    (each) =>
      each.suite !== '' && /^(TLSv1(\.1)?|SSL)/.test(each.facts?.['heard.tls'] ?? '') && !/^TLSv1\.[23]/.test(each.facts?.['heard.tls'] ?? ''),
  );
  return none(old, 'request over TLS 1.1 or older');
}

function keySet({ heard, plays }: Hearing): Finding {
  const read = heard.find((each) => each.facts?.['heard.asked']?.purpose === 'jwks');
  if (read === undefined)
    return notTestable(
      plays.some((each) => each.case === 'T12')
        ? 'Nobody said where the key set of the client is: name it in the plan (clients[].jwksUrl).'
        : 'Case T12 was not part of this run.',
      'target-file',
    );
  const lost = unheard(read);
  if (lost) return lost;
  const keys = asArray(path(jsonOf(read.response), 'keys'));
  const text = (key: (typeof keys)[number], name: string): string | undefined => asString(path(key, name));
  const kids = keys.map((key) => text(key, 'kid') ?? '');
  const used = [
    ...new Set(
      heard.flatMap((each: Exchange) =>
        each.facts?.['heard.jwt']?.x5c === undefined ? (asString(path(each.facts?.['heard.jwt']?.header, 'kid')) ?? []) : [],
      ),
    ),
  ];
  const whole = (key: (typeof keys)[number]): boolean =>
    text(key, 'kid') !== undefined &&
    ((text(key, 'n') !== undefined && text(key, 'e') !== undefined) || (text(key, 'crv') !== undefined && text(key, 'x') !== undefined));
  return worst([
    check(
      read.response?.status === 200 && keys.length > 0,
      read,
      'status 200 and {"keys": [...]}',
      `status ${read.response?.status ?? 'none'}, ${keys.length} keys`,
    ),
    check(keys.every(whole), read, 'kid and the public members in each key', 'not in every key'),
    check(new Set(kids).size === kids.length, read, 'a kid of its own for each key', kids.join(', ')),
    check(
      !keys.some((key) => ['d', 'p', 'q'].some((name) => path(key, name) !== undefined)),
      read,
      'public keys only',
      'a private member (d, p or q)',
    ),
    check(
      used.every((kid) => kids.includes(kid)),
      read,
      `every kid that was used: ${used.join(', ')}`,
      kids.join(', '),
    ),
  ]);
}

export const tlsRows: readonly ClientRow[] = [
  {
    id: 'client.trust.tls.chain',
    text: 'Nothing is sent to a server whose certificate no trusted authority vouches for, or which has expired.',
    source: rfc(6750, '2012', '5.3'),
    ...shared,
    cases: ['T9a', 'T9b', 'T9c'],
    judge: silent(['T9a', 'T9b', 'T9c']),
    faults: [{ name: 'trusts every certificate', behaves: 'trusts-every-certificate' }],
  },
  {
    id: 'client.trust.tls.hostname',
    text: 'Nothing is sent to a server whose certificate names another host.',
    source: rfc(9110, '2022', '4.3.4'),
    ...shared,
    cases: ['T9d'],
    judge: silent(['T9d']),
    faults: [
      {
        name: 'does not compare the name of the host',
        behaves: 'compares-no-host',
        alsoFails: { 'client.load.metadata-cached': 'it makes each connection by itself and keeps none' },
      },
    ],
  },
  {
    id: 'client.trust.tls.version',
    text: 'TLS 1.2 or newer is used, and nothing older.',
    source: smart('backend-services.html#request'),
    ...shared,
    cases: ['T9e'],
    judge: (hearing) => worst([versions(hearing), silent(['T9e'])(hearing)]),
    faults: [{ name: 'speaks TLS 1.1 where nothing else is offered', behaves: 'speaks-old-tls' }],
  },
  {
    id: 'client.trust.jwks',
    text: 'The key set of the client can be fetched by its address: public keys with ids, all that are used.',
    source: smart('client-confidential-asymmetric.html#registering-a-client-communicating-public-keys'),
    ...shared,
    cases: ['T12'],
    judge: keySet,
    faults: [
      { name: 'publishes a private key', behaves: 'publishes-a-private-key' },
      { name: 'signs with a key that it does not publish', behaves: 'publishes-no-keys' },
    ],
  },
];
