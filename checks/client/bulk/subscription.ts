import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, at as path, requestJsonOf } from '../../../src/core/fhir.ts';
import { check, fail, pass, warn, worst, worstOfAll } from '../../../src/core/findings.ts';
import type { Exchange, Finding, WireRequest } from '../../../src/core/model.ts';
import { roster } from '../../../src/core/steps.ts';
import { atr } from '../../sources.ts';
import { onCase, status } from '../marks.ts';

const topic = 'http://hl7.org/fhir/us/davinci-atr/SubscriptionTopic/atr-list-change';
const about = (each: Exchange): boolean => /\/fhir\/Subscription(\/|$|\?)/.test(each.request.url);
const begins = (each: Exchange): boolean => about(each) && each.request.method === 'POST';
/** Whatever value an extension has. */
const valuesIn = (extensions: readonly unknown[]): string => JSON.stringify(extensions);

function formed(each: Exchange): Finding {
  const body = requestJsonOf(each.request);
  const channel = path(body, 'channel');
  const says = (name: string): string => asString(path(channel, name)) ?? 'none';
  return worst([
    check(path(body, 'criteria') === topic, each, `criteria ${topic}`, asString(path(body, 'criteria')) ?? 'none'),
    check(
      /Group(\/|\?_id=(Group\/)?)[A-Za-z0-9.-]+/.test(valuesIn(asArray(path(body, '_criteria', 'extension')))),
      each,
      'an extension of criteria that names the list, Group/ID',
      valuesIn(asArray(path(body, '_criteria', 'extension'))).slice(0, 120),
    ),
    check(/^(active|requested)$/.test(asString(path(body, 'status')) ?? ''), each, 'status active', asString(path(body, 'status')) ?? 'none'),
    check(says('type') === 'rest-hook', each, 'a channel of type rest-hook', says('type')),
    check(/fhir\+json/.test(says('payload')), each, 'payload application/fhir+json', says('payload')),
    check(
      /"id-only"/.test(valuesIn(asArray(path(channel, '_payload', 'extension')))),
      each,
      'an extension of payload that says id-only',
      valuesIn(asArray(path(channel, '_payload', 'extension'))).slice(0, 120),
    ),
  ]);
}

/** Switched off by its status; whoever deletes it has ended it as well, but not in the way that is asked for. */
function ended(kept: Exchange, after: readonly Exchange[]): Finding {
  const off = after.find(
    (each) => about(each) && /^(PUT|PATCH)$/.test(each.request.method) && /"off"/.test(each.request.body ?? '') && status(each) < 300,
  );
  const gone = after.find((each) => about(each) && each.request.method === 'DELETE');
  if (off !== undefined) return pass;
  return gone === undefined
    ? fail(kept, 'the subscription switched off (status off) once the list is no longer used', 'nothing of the kind came')
    : warn(gone, 'the subscription switched off by its status', 'DELETE');
}

const altered = (request: WireRequest): WireRequest =>
  request.method === 'POST' && request.url.endsWith('/Subscription')
    ? {
        ...request,
        body: (request.body ?? '').replace(topic, 'Group?_id=1').replace('"rest-hook"', '"email"'),
      }
    : request;

export const subscriptionRows: readonly ClientRow[] = [
  {
    id: 'client.bulk.subscription',
    level: 'SHALL',
    text: 'A subscription to an attribution list has the prescribed form, and is switched off when the list is no longer used.',
    source: atr('subscription.html'),
    lines: ['L2', 'L6'],
    scenarios: roster,
    cases: ['B15'],
    judge: onCase(
      ['B15'],
      (each) => begins(each) && status(each) === 201,
      ({ heard, seen, after }) => worst([worstOfAll(heard.filter(begins).map(formed)), ended(seen, after)]),
    ),
    faults: [
      { name: 'subscribes to a search, by e-mail', sends: altered },
      { name: 'never ends its subscription', behaves: 'keeps-its-subscription' },
    ],
  },
];
