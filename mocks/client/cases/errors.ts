import type { Step } from '../../../src/core/model.ts';
import { act, answers, first, later, laterByDate, redirect, refusal } from '../answers.ts';
import type { Case, Serving, Stage } from '../case.ts';

/** Refusals at the first search of a journey, each with the case's word; the others are honest. */
const refusedOnce =
  (status: number, code: string, text: string) =>
  (stage: Stage): Serving => ({
    rules: answers({ search: first(1, () => refusal(stage, status, code, text)) }),
  });

const four: readonly (readonly [number, string, string])[] = [
  [400, 'invalid', 'This search cannot be read. Correct it.'],
  [404, 'not-found', 'There is no such thing. Correct the URL.'],
  [406, 'not-supported', 'That format is not available. Ask for JSON.'],
  [410, 'deleted', 'It is gone. Remove the link to it.'],
  [412, 'conflict', 'A condition does not hold. Read it again first.'],
  [422, 'business-rule', 'The plan allows no such search. Call the provider line.'],
];

const tokenError =
  (error: string) =>
  (stage: Stage): Serving => ({
    rules: answers({
      token: () => ({
        status: 400,
        headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
        body: JSON.stringify({ error, error_description: `Your registration does not allow this. Ask the payer's service desk. (${stage.word})` }),
      }),
    }),
  });

const once =
  (step: Step, reply: (stage: Stage) => ReturnType<typeof later>) =>
  (stage: Stage): Serving => ({
    rules: answers({ [step]: first(1, () => reply(stage)) }),
  });

const html = '<!doctype html><title>502</title><h1>Bad gateway</h1>';
const broken: readonly (readonly [string, string, (stage: Stage) => Serving, (readonly string[])?])[] = [
  [
    'E7a',
    'a page of HTML with status 502',
    once('search', () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: html })),
    ['err.trace-id', 'err.actionable'],
  ],
  [
    'E7b',
    'JSON that breaks off',
    (_stage) => ({
      rules: answers({ search: (reply, nth) => (nth === 1 ? { ...reply, body: reply.body.slice(0, reply.body.length >> 1) } : reply) }),
    }),
  ],
  [
    'E7c',
    'a Bundle called text/plain',
    (_stage) => ({
      rules: answers({ search: (reply, nth) => (nth === 1 ? { ...reply, headers: { ...reply.headers, 'content-type': 'text/plain' } } : reply) }),
    }),
    ['cc3.metadata.content-type'],
  ],
  [
    'E7d',
    'a body of 20 MB',
    (_stage) => ({
      rules: answers({ search: (reply, nth) => (nth === 1 ? { ...reply, body: `${reply.body}${' '.repeat(20 * 2 ** 20)}` } : reply) }),
    }),
  ],
];

export const errorCases: readonly Case[] = [
  {
    id: 'E1',
    group: 'G12',
    journey: 'record',
    does: '403 to the first search',
    serves: refusedOnce(403, 'forbidden', 'You may not see this. Ask the plan for access.'),
  },
  {
    id: 'E1r',
    group: 'G12',
    journey: 'record',
    does: '403 to the first read',
    serves: once('read', (stage) => refusal(stage, 403, 'forbidden', 'You may not see this. Ask the plan for access.')),
  },
  {
    id: 'E1k',
    group: 'G12',
    journey: 'bulk',
    does: '403 to the kick-off of an export',
    serves: (stage) => ({
      rules: answers({ 'bulk.kickoff': () => refusal(stage, 403, 'forbidden', 'You may not export this list. Ask the plan for access.') }),
    }),
  },
  ...four.map(
    ([status, code, text]): Case => ({
      id: `E1-${status}`,
      group: 'G12',
      journey: 'record',
      does: `${status} to the first search`,
      serves: refusedOnce(status, code, text),
    }),
  ),
  {
    id: 'E2',
    group: 'G12',
    journey: 'record',
    does: '401 once, to the first search',
    serves: (stage) => ({
      rules: answers({
        search: first(1, () =>
          refusal(stage, 401, 'login', 'The token is over. Get a new one.', { 'www-authenticate': 'Bearer error="invalid_token"' }),
        ),
      }),
    }),
  },
  {
    id: 'E3',
    group: 'G12',
    journey: 'record',
    does: '401 to every search, whatever the token',
    serves: (stage) => ({
      rules: answers({
        search: () =>
          refusal(stage, 401, 'login', 'The token is no good. Call the service desk.', { 'www-authenticate': 'Bearer error="invalid_token"' }),
      }),
    }),
  },
  {
    id: 'E4',
    group: 'G12',
    journey: 'record',
    does: '429 with Retry-After 8 to the first search',
    serves: once('search', (stage) => later(429, stage.seconds(8))),
  },
  {
    id: 'E4t',
    group: 'G12',
    journey: 'record',
    does: '503 with a date 8 s ahead at the token endpoint',
    serves: once('token', (stage) => laterByDate(503, stage.seconds(8))),
  },
  {
    id: 'E4m',
    group: 'G12',
    journey: 'record',
    does: '503 with Retry-After 8 to $member-match',
    serves: once('member-match', (stage) => later(503, stage.seconds(8))),
  },
  {
    id: 'E4r',
    group: 'G12',
    journey: 'record',
    does: '500 to every read',
    serves: (stage) => ({ rules: answers({ read: () => refusal(stage, 500, 'exception', 'Something broke. Try again later.') }) }),
  },
  {
    id: 'E5',
    group: 'G12',
    journey: 'record',
    does: 'the connection of $member-match is reset after the request was read',
    serves: () => ({ rules: answers({ 'member-match': () => act('reset') }) }),
  },
  {
    id: 'E6',
    group: 'G12',
    journey: 'record',
    does: 'two addresses that redirect to each other',
    serves: (stage) => ({
      rules: answers({ search: () => redirect(`${stage.root}/loop/a`) }),
      instead: ({ path }) =>
        path === '/loop/a' || path === '/loop/b'
          ? { step: 'search', reply: redirect(`${stage.root}/loop/${path.endsWith('a') ? 'b' : 'a'}`) }
          : undefined,
    }),
  },
  ...broken.map(([id, does, serves, breaks = []]): Case => ({ id, group: 'G12', journey: 'record', does, breaks, serves })),
  ...(['invalid_client', 'invalid_scope', 'invalid_grant'] as const).map(
    (error, nth): Case => ({
      id: `E8${['', 's', 'g'][nth]}`,
      group: 'G12',
      journey: 'record',
      does: `${error} at the token endpoint`,
      breaks: ['cc2.token.success'],
      serves: tokenError(error),
    }),
  ),
  { id: 'L1', group: 'G13', journey: 'record', does: 'a search that is never answered', serves: once('search', () => act('hang')) },
  { id: 'L1b', group: 'G13', journey: 'record', does: 'headers, and no body', serves: once('search', () => act('stall')) },
  { id: 'L1c', group: 'G13', journey: 'record', does: 'a body of one byte in ten seconds', serves: once('search', () => act('drip')) },
];
