import { noRefusal } from '../../src/core/controls.ts';
import { asArray, asString, at, jsonOf } from '../../src/core/fhir.ts';
import {
  all,
  check,
  describeBody,
  fail,
  notApplicable,
  notTestable,
  onFirst,
  pass,
  select,
  status,
  statusOf,
  warn,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { change, when } from '../alter.ts';
import { group } from '../group.ts';
import { rfc, udapProfiles, udapSecurity } from '../sources.ts';
import { errorForm, sentBody } from './answers.ts';
import { clientIdIn, followsUdap2, hasToken, mayRegister, metadataOf, onRegistration, registered, strings } from './evidence.ts';
import { badToken, withClaims } from './probes.ts';
import { member } from './wire.ts';

/** Dynamic registration: new, changed, cancelled. */
export const registrationChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3'], holds: [{ ig: guides.udap }], applies: mayRegister }, [
  {
    id: 'cc2.udap.reg.success',
    level: 'SHALL',
    text: 'A valid registration gets 201 with a client_id.',
    source: udapSecurity('registration.html#request-body'),
    judge: onFirst({ step: 'register', where: (each) => each.variant === undefined }, (exchange) =>
      all(
        () => status(exchange, 201, 200),
        () => check(clientIdIn(exchange) !== undefined, exchange, 'a client_id', `status ${statusOf(exchange)} without client_id`),
      ),
    ),
    faults: [{ name: 'registers without telling the client_id', at: 'register', alter: member({ client_id: undefined }) }],
  },

  {
    id: 'cc2.udap.reg.statement-echo',
    level: 'SHALL',
    text: 'The registration response contains the software statement as submitted.',
    source: udapProfiles('udap-dynamic-client-registration-stu1.html#section-5.1'),
    judge: onRegistration((answer, exchange) => {
      const sent = at(sentBody(exchange), 'software_statement');
      const seen = answer['software_statement'];
      return check(
        seen === sent,
        exchange,
        'the software_statement as it was submitted',
        seen === undefined ? 'software_statement absent' : 'another software_statement',
      );
    }),
    faults: [{ name: 'leaves the software statement out of its answer', at: 'register', alter: member({ software_statement: undefined }) }],
  },

  {
    id: 'cc2.udap.reg.grants-echo',
    level: 'SHALL',
    text: 'The response contains the registration parameters of the software statement (values may be replaced), among them grant_types and token_endpoint_auth_method.',
    source: udapProfiles('udap-dynamic-client-registration-stu1.html#section-5.1'),
    judge: onRegistration((answer, exchange, evidence) => {
      const missing = ['client_name', 'grant_types', 'token_endpoint_auth_method'].filter((name) => answer[name] === undefined);
      if (missing.length > 0)
        return fail(exchange, 'the registration parameters in the answer', `without ${missing.join(', ')}: the client cannot see what it got`);
      const method = answer['token_endpoint_auth_method'];
      if (method !== 'private_key_jwt') return fail(exchange, 'token_endpoint_auth_method private_key_jwt', JSON.stringify(method));
      const { scope } = answer;
      if (scope === undefined) return followsUdap2(evidence) ? warn(exchange, 'scope in the answer', 'scope absent') : pass;
      return check(typeof scope === 'string', exchange, 'scope as a string of words', `scope ${JSON.stringify(scope)}`);
    }),
    faults: [
      {
        name: 'does not say which grants it registered',
        at: 'register',
        alter: member({ grant_types: undefined }, (_request, before) => asArray(before['grant_types']).length > 0),
      },
      {
        name: 'registers a client that need not authenticate (K18.6)',
        at: 'register',
        alter: member({ token_endpoint_auth_method: 'none' }, (_request, before) => asArray(before['grant_types']).length > 0),
      },
    ],
  },

  {
    id: 'cc2.udap.reg.no-jwt-claims',
    level: 'SHOULD',
    text: 'The registration response does not echo iss, sub, aud, exp, iat or jti as parameters.',
    source: udapSecurity('registration.html#request-body'),
    holds: [{ ig: guides.udap, from: '2.0.0' }],
    judge: onRegistration((answer, exchange) => {
      const echoed = ['iss', 'sub', 'aud', 'exp', 'iat', 'jti'].filter((name) => answer[name] !== undefined);
      return check(echoed.length === 0, exchange, 'registration parameters only', `JWT claims echoed: ${echoed.join(', ')}`);
    }),
    faults: [{ name: 'echoes exp', at: 'register', alter: member({ exp: 1 }) }],
  },

  {
    id: 'cc2.udap.reg.no-empty-values',
    level: 'SHOULD',
    text: 'Unassigned parameters are left out rather than null or empty.',
    source: udapSecurity('registration.html#request-body'),
    holds: [{ ig: guides.udap, from: '2.0.0' }],
    judge: onRegistration((answer, exchange) => {
      const empty = Object.keys(answer).filter((name) => answer[name] === null || answer[name] === '');
      return check(empty.length === 0, exchange, 'unassigned parameters left out', `null or empty: ${empty.join(', ')}`);
    }),
    faults: [{ name: 'answers redirect_uris null', at: 'register', alter: member({ redirect_uris: null }) }],
  },

  {
    id: 'cc2.udap.reg.modify',
    level: 'SHOULD',
    text: 'A second registration with the same iss and community and other claims is an update with the same client_id and status 200.',
    source: udapSecurity('registration.html#modifying-and-cancelling-registrations'),
    judge: (evidence) => {
      const before = clientIdIn(registered(evidence));
      if (before === undefined) return notTestable('No registration worked that could be modified.', 'not-offered');
      return onFirst({ step: 'register', variant: 'modified' }, (exchange) => {
        if (statusOf(exchange) >= 400) return notTestable(`The server refused the modification with ${statusOf(exchange)}, as it may.`, 'payer');
        return check(
          statusOf(exchange) === 200 && clientIdIn(exchange) === before,
          exchange,
          'status 200 with the same client_id',
          `status ${statusOf(exchange)} with ${clientIdIn(exchange) === before ? 'the same' : 'another'} client_id`,
        );
      })(evidence);
    },
    faults: [{ name: 'gives a modified client a new client_id', at: 'register', behaviour: 'udap-renames-on-modify' }],
  },

  {
    id: 'cc2.udap.reg.modify-cancels-old',
    level: 'SHALL',
    text: 'If a modification yields another client_id, the previous client_id is cancelled.',
    source: udapSecurity('registration.html#modifying-and-cancelling-registrations'),
    probes: [
      {
        ...badToken('replaced-client', ['registered', 'cancelled', 'client'], ({ notes }) => {
          const replaced = asString(notes['udap.replacedClientId']);
          return replaced === undefined ? 'the client_id stayed the same' : withClaims({ iss: replaced, sub: replaced });
        }),
        suite: 'udap.register.variants',
      },
    ],
    judge: (evidence) => {
      const before = clientIdIn(registered(evidence));
      const [modified] = select(evidence, { step: 'register', variant: 'modified' });
      if (before === undefined || clientIdIn(modified) === undefined) return notTestable('No modification of a registration worked.', 'not-offered');
      if (clientIdIn(modified) === before) return notApplicable('The server kept the client_id when the registration was modified.');
      return onFirst({ step: 'udap.token', probe: 'udap.b2b.replaced-client' }, (exchange) =>
        check(
          !hasToken(exchange),
          exchange,
          'no token for the client_id that was replaced',
          'a token: two identities live on, and nobody cancels the old one',
        ),
      )(evidence);
    },
    faults: [
      {
        name: 'keeps the old client_id alive beside the new one',
        at: 'register',
        behaviour: 'udap-doubles-on-modify',
        alsoFails: { 'cc2.udap.reg.modify': 'a new client_id is the condition of this rule' },
      },
    ],
  },

  {
    id: 'cc2.udap.reg.cancel',
    level: 'SHOULD',
    text: 'An empty grant_types array cancels the registration.',
    source: udapSecurity('registration.html#modifying-and-cancelling-registrations'),
    probes: [badToken('cancelled-client', ['cancelled', 'registered', 'client'], {}, { suite: 'udap.cancel' })],
    judge: onFirst({ step: 'register', variant: 'cancel' }, (exchange, evidence) => {
      if (!registered(evidence)) return notTestable('No registration worked that could be cancelled.', 'not-offered');
      const grants = at(jsonOf(exchange.response), 'grant_types');
      // 201 would say that another client was made.
      const confirmed = statusOf(exchange) < 300 && statusOf(exchange) !== 201 && Array.isArray(grants) && grants.length === 0;
      if (!confirmed) return fail(exchange, '200 with grant_types []', describeBody(exchange));
      return onFirst({ step: 'udap.token', probe: 'udap.b2b.cancelled-client' }, (after) =>
        hasToken(after)
          ? fail(after, 'no token for a cancelled client', 'a token: a client that left the community can still read data of members')
          : (noRefusal(after) ?? pass),
      )(evidence);
    }),
    faults: [
      {
        name: 'answers a cancellation as a new registration (K18.5)',
        at: 'register',
        alter: when((_request, { body }) => /"grant_types": ?\[\]/.test(body), change({ status: 201 })),
        alsoFails: { 'cc2.udap.reg.empty-grants': 'an empty list of grants gets status 201 there, too' },
      },
      { name: 'keeps a cancelled client active', at: 'register', behaviour: 'udap-keeps-cancelled' },
      { name: 'issues tokens to a cancelled client', at: 'udap.token', behaviour: 'udap-authenticates-cancelled-client' },
    ],
  },

  {
    id: 'cc2.udap.reg.ignore-certifications',
    level: 'SHALL',
    text: 'Unknown certifications in the request are ignored.',
    source: udapSecurity('registration.html#inclusion-of-certifications-and-endorsements'),
    judge: (evidence) =>
      registered(evidence)
        ? onFirst({ step: 'register', variant: 'certification' }, (exchange) => status(exchange, 200, 201))(evidence)
        : notTestable('Registration without a certification did not work either.', 'payer'),
    faults: [{ name: 'refuses a certification that it does not know', at: 'register', behaviour: 'udap-refuses-certifications' }],
  },

  {
    id: 'cc2.udap.reg.required-certification',
    level: 'SHALL',
    lines: ['L3', 'L7'],
    text: 'If a certification is required it is announced in udap_certifications_required.',
    source: udapSecurity('registration.html#inclusion-of-certifications-and-endorsements'),
    judge: onFirst({ step: 'register', where: (each) => each.variant === undefined }, (exchange, evidence) => {
      const why = asString(at(jsonOf(exchange.response), 'error_description')) ?? '';
      if (statusOf(exchange) < 300) return notApplicable('A registration without certifications was accepted.');
      if (!/certification/i.test(why)) return notTestable('The registration was refused without naming a certification.', 'payer');
      const announced = strings(metadataOf(evidence)?.['udap_certifications_required']);
      return check(announced.length > 0, exchange, 'the certification in udap_certifications_required', `none announced, yet: ${why}`);
    }),
    faults: [
      {
        name: 'demands a certification that it never announced',
        at: 'register',
        behaviour: 'udap-hidden-certification',
        alsoFails: { 'cc2.udap.reg.success': 'the hidden demand refuses a valid registration' },
      },
    ],
  },

  {
    id: 'cc2.udap.reg.error-form',
    level: 'SHALL',
    lines: ['L3', 'L7'],
    text: 'A registration error is HTTP 400 with a JSON object that has a string member error.',
    source: rfc(7591, '2015', '3.2.2'),
    judge: errorForm,
    faults: [
      {
        name: 'breaks down over a bad statement',
        alsoFails: { 'cc2.udap.reg.malformed': 'broken registrations are bad statements as well' },
        at: 'register',
        alter: (response) => (response.status === 400 ? { status: 500, headers: { 'content-type': 'text/html' }, body: '<h1>Oops</h1>' } : response),
      },
    ],
  },
]);
