import { refusedBeside } from '../../src/core/controls.ts';
import { describeBody, fail, pass, select, statusOf, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { inText, when } from '../alter.ts';
import { group } from '../group.ts';
import { udapProfiles, udapSecurity } from '../sources.ts';
import { canAskForTokens, mayRegister } from './evidence.ts';
import { badRegistration, badToken, metadataCodes, type Rewrite } from './probes.ts';
import { deniedTokens, refusedRegistrations } from './refusals.ts';

/** What stands around the JWTs: the parameter `udap`, and the form of the request. */

const udap =
  (value: string | undefined): Rewrite =>
  (request) => ({ ...request, body: JSON.stringify(value === undefined ? {} : { udap: value }) });
const udapInForm =
  (value: string | undefined): Rewrite =>
  ({ form: { udap: _udap, ...form } = {}, ...request }) => ({ ...request, form: value === undefined ? form : { ...form, udap: value } });

/** Without a software statement: there is nobody to register. */
const bare =
  (body: string, media = 'application/json'): Rewrite =>
  ({ udap: _udap, ...request }) => ({ ...request, headers: { ...request.headers, 'content-type': media }, body });
const broken = [
  badRegistration('broken-json', ['invalid_client_metadata', 'invalid_software_statement', 'invalid_request'], ['JSON'], {}, bare('{"udap":"1",')),
  badRegistration('empty-object', metadataCodes, ['software_statement', 'udap'], {}, bare('{}')),
  badRegistration(
    'form-body',
    ['invalid_client_metadata', 'invalid_software_statement', 'invalid_request'],
    ['JSON', 'Content-Type'],
    {},
    bare('udap=1&software_statement=abc', 'application/x-www-form-urlencoded'),
  ),
];

export const requestFormChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3', 'L7'], holds: [{ ig: guides.udap }] }, [
  {
    id: 'cc2.udap.reg.udap-version',
    level: 'SHALL',
    text: 'A registration without udap, or with another version than "1", is refused: the request carries "udap": "1", and the server "SHALL validate the registration request".',
    source: udapSecurity('registration.html#request-body'),
    applies: mayRegister,
    ...refusedRegistrations({
      danger: 'Whoever leaves one parameter out is registered by other rules, and what UDAP checks may not be checked.',
      wrong: [
        badRegistration('without-udap', metadataCodes, ['udap'], {}, udap(undefined)),
        badRegistration('udap-2', metadataCodes, ['udap'], {}, udap('2')),
      ],
    }),
    faults: [
      { name: 'registers without udap', at: 'register', behaviour: 'udap-registers-without-version' },
      { name: 'registers by a version of UDAP that it does not know', at: 'register', behaviour: 'udap-registers-any-version' },
    ],
  },
  {
    id: 'cc2.udap.b2b.udap-version',
    level: 'SHALL',
    text: 'A B2B token request without udap, or with another version than "1", is denied: udap is a required parameter of it.',
    source: udapSecurity('b2b.html#submitting-a-token-request'),
    applies: canAskForTokens,
    ...deniedTokens({
      danger: 'Whoever leaves one parameter out is let in by other rules, and the certificate may not be checked.',
      wrong: [
        badToken('without-udap', ['udap'], {}, { rewrite: udapInForm(undefined) }),
        badToken('udap-2', ['udap'], {}, { rewrite: udapInForm('2') }),
      ],
    }),
    faults: [
      { name: 'gives a token without udap', at: 'udap.token', behaviour: 'udap-authenticates-without-version' },
      { name: 'gives a token by a version of UDAP that it does not know', at: 'udap.token', behaviour: 'udap-authenticates-any-version' },
    ],
  },
  {
    id: 'cc2.udap.reg.malformed',
    level: 'SHALL',
    text: 'A registration that is broken JSON, an empty object or a form is a registration error: status 400, never a breakdown.',
    source: udapProfiles('udap-dynamic-client-registration-stu1.html#section-5.2'),
    applies: mayRegister,
    probes: broken,
    judge: refusedBeside(
      broken.map(({ id }) => ({ step: 'register', probe: id })),
      (wrong, evidence) => select(evidence, { step: 'register', where: ({ request }) => request.url === wrong.request.url }),
      (exchange) => {
        const status = statusOf(exchange);
        if (status === 400) return pass;
        const expected = 'status 400 with an RFC 7591 error';
        // A server may refuse what it cannot read before it is a registration at all.
        return status > 400 && status < 500
          ? [415, 422].includes(status)
            ? pass
            : warn(exchange, expected, describeBody(exchange))
          : fail(exchange, expected, describeBody(exchange));
      },
    ),
    faults: [
      {
        name: 'falls over broken JSON',
        at: 'register',
        alsoFails: { 'cc2.udap.reg.error-form': 'a breakdown is no registration error in JSON' },
        alter: when(({ body }) => body === '{"udap":"1",', inText(502, '<h1>Bad Gateway</h1>', 'text/html')),
      },
      {
        name: 'accepts an empty registration',
        at: 'register',
        alter: (response, { body }) => (body === '{}' ? { ...response, status: 201 } : response),
      },
    ],
  },
]);
