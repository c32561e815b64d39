import { type Control, noRefusal, refusedBeside, sameRequest, withoutControl } from '../../src/core/controls.ts';
import { asArray, asString, jsonOf, at as pick } from '../../src/core/fhir.ts';
import {
  fail,
  headerOf,
  judgeAll,
  notApplicable,
  notReached,
  notTestable,
  onEach,
  pass,
  reasonIn,
  select,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Probe } from '../../src/core/model.ts';
import { asynchronous, fhirApi, panel } from '../../src/core/steps.ts';
import { change, searchsetOf, set, whenAsked } from '../alter.ts';
import { allOf, anyOf, declaresOperation } from '../applies.ts';
import { group } from '../group.ts';
import { atr, pdex22, rfc, smart, usCore } from '../sources.ts';
import { backendServices, grantedNo, takesTokens } from './applies.ts';
import { bringsData, challengesOf, grantedScopes, permits, resourcesIn, tokenIn } from './documents.ts';
import { doorsNarrow, openedHere } from './door-probes.ts';
import {
  exportByStranger,
  exportWithoutToken,
  groupsWithoutToken,
  groupWithoutToken,
  narrowExport,
  narrowInclude,
  narrowRead,
  narrowSearch,
  write,
} from './resource-server-probes.ts';
import { tokenFormChecks } from './token-forms.ts';

/** How a resource server treats callers whose token is too small. */

const at = ({ step, id }: Probe) => ({ step, probe: id }) as const;
const asked = (evidence: Evidence, probes: readonly Probe[]): readonly Exchange[] => probes.flatMap((probe) => select(evidence, at(probe)));
const body = (exchange: Exchange) => jsonOf(exchange.response);

/** The token of these probes really is for Patient alone: the grant says so. */
/** Token requests that an ordinary answer suits as well. */
const mayWin = new Set(tokenFormChecks.flatMap(({ probes = [] }) => probes.filter(({ expected }) => expected === undefined).map(({ id }) => id)));

/** The token for `system/Patient.rs` opens nothing else. */
export const narrowed = grantedNo('narrow', 'Coverage', 'Condition', 'ExplanationOfBenefit', 'Observation');
/** Anything of the type that the wide token has opened. */
const sameType: Control = (wrong, { exchanges }) => {
  const path = (exchange: Exchange) => /\/([A-Z][A-Za-z]+)(?:\/[^/?]+)?(?:\?|$)/.exec(exchange.request.url)?.[1];
  const type = /_revinclude=([A-Za-z]+)/.exec(wrong.request.url)?.[1] ?? path(wrong);
  return exchanges.filter((each) => each.probe === undefined && (each.step === 'search' || each.step === 'read') && path(each) === type);
};
/** Any kick-off of the same operation on the same Group that was right. */
const sameExport: Control = (wrong, evidence) =>
  select(evidence, { step: 'bulk.kickoff', where: ({ request }) => request.url.split('?')[0] === wrong.request.url.split('?')[0] });

const ours = /_count=2(&|$)/;

export const scopeChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3', 'L7'] }, [
  {
    id: 'cc2.rs.insufficient-scope',
    level: 'SHALL',
    text: 'Insufficient scope gets HTTP 403.',
    source: usCore('CapabilityStatement-us-core-server.html', 'CapabilityStatement-us-core-server.html rest.documentation'),
    holds: [{ ig: guides.usCore }, { ig: guides.pdex }, { ig: guides.c4bb }],
    applies: allOf(backendServices, narrowed),
    probes: [narrowSearch],
    judge: refusedBeside([at(narrowSearch)], sameType, (exchange) => {
      const status = statusOf(exchange);
      if (status === 403) return pass;
      if (status >= 500) return fail(exchange, 'status 403 for a scope that is too small', `status ${status}${reasonIn(exchange)}`);
      return resourcesIn(exchange).length > 0
        ? notTestable('Data came back: see cc2.rs.scope-covers-resource.', 'payer')
        : warn(exchange, 'status 403 for a scope that is too small', `status ${status}${reasonIn(exchange)}`);
    }),
    faults: [
      {
        name: 'breaks down when the scope is too small',
        at: 'search',
        alter: whenAsked(ours, (response) => (response.status === 403 ? { ...response, status: 500 } : response)),
      },
    ],
  },
  {
    id: 'cc2.rs.insufficient-scope-attr',
    level: 'SHOULD',
    text: 'A 403 for scope reasons names insufficient_scope.',
    source: rfc(6750, '2012', '3.1'),
    applies: backendServices,
    judge: (evidence) => {
      const refused = asked(evidence, [narrowSearch, narrowRead]).filter((exchange) => statusOf(exchange) === 403);
      if (refused.length === 0) return notTestable('Nothing was answered with 403 for its scope: see cc2.rs.insufficient-scope.', 'payer');
      return worst(
        refused.map((exchange) => {
          const named = challengesOf(headerOf(exchange, 'www-authenticate')).some((each) => /error\s*=\s*"?insufficient_scope/.test(each.text));
          const coded = asArray(pick(body(exchange), 'issue')).some((issue) => pick(issue, 'code') === 'forbidden');
          return named || coded
            ? pass
            : fail(exchange, 'error="insufficient_scope", or an issue of code forbidden', 'a 403 that does not say it is the scope');
        }),
      );
    },
    faults: [
      {
        name: 'does not say that the scope is too small',
        at: 'search',
        alter: whenAsked(ours, (response) =>
          response.status === 403
            ? change({ headers: { 'www-authenticate': 'Bearer realm="payer"' } })(
                set((outcome) => ({ issue: asArray(outcome['issue']).map((issue) => ({ ...(issue as object), code: 'security' })) }))(response),
              )
            : response,
        ),
      },
    ],
  },
  {
    id: 'cc2.rs.scope-covers-resource',
    level: 'SHALL',
    lines: ['L3'],
    text: 'The resource server checks that the token scope covers the requested resource.',
    source: smart('backend-services.html#step-4-fhir-api'),
    applies: allOf(backendServices, narrowed),
    probes: [narrowRead, narrowInclude, ...doorsNarrow],
    judge: openedHere(
      refusedBeside(
        [narrowSearch, narrowRead, narrowInclude, ...doorsNarrow].map(at),
        (wrong, evidence) => [...sameType(wrong, evidence), ...sameRequest(wrong, evidence)],
        (exchange) => {
          const document = bringsData(exchange) && exchange.step === 'binary' ? ['a document'] : [];
          const leaked = [...document, ...resourcesIn(exchange).filter((type) => type !== 'Patient')];
          return leaked.length === 0
            ? (noRefusal(exchange) ?? pass)
            : fail(exchange, 'nothing but Patient for a token of system/Patient.rs', `${[...new Set(leaked)].join(', ')} came back`);
        },
        (exchange) => statusOf(exchange) === 200,
      ),
    ),
    faults: [
      { name: 'lets _revinclude bring what the scope does not cover', at: 'search', behaviour: 'leaks-included-types' },
      { name: 'reads out a Coverage with any token', at: 'read', behaviour: 'reads-coverage-with-any-token' },
      {
        name: 'lists documents for any token',
        at: 'docref',
        drives: ['record.documents'],
        alter: (response, request) =>
          response.status === 403 ? searchsetOf({ resourceType: 'DocumentReference', id: 'any', status: 'current' })(response, request) : response,
      },
    ],
  },
  {
    id: 'cc2.rs.won-token',
    level: 'SHALL',
    lines: ['L3'],
    text: 'A token that a wrong request won opens nothing: each request is held against the scope that the token was granted.',
    source: smart('backend-services.html#step-4-fhir-api'),
    applies: backendServices,
    judge: (evidence) => {
      const used = evidence.exchanges.filter((each) => each.probe === 'resource-server.won');
      const won = evidence.exchanges.filter(
        (each) => each.step === 'token' && each.probe !== undefined && !mayWin.has(each.probe) && tokenIn(each) !== undefined,
      );
      if (used.length === 0)
        return won.length === 0
          ? notApplicable('No wrong token request of this run won a token.')
          : notTestable(`${won[0]?.probe} won a token, and nothing that needs one could be read in this run to try it on.`, 'payer');
      return judgeAll(used, (exchange) => {
        const by = evidence.exchanges.find((each) => each.index === exchange.follows);
        return resourcesIn(exchange).length === 0 || statusOf(exchange) !== 200
          ? pass
          : fail(
              exchange,
              'nothing behind a token that should not have been given',
              `opens everything: the token won by ${by?.probe} reads ${exchange.request.url}`,
            );
      });
    },
    crosses: 'each token that a fault lets a wrong request win is used for one read',
    faults: [
      {
        name: 'opens everything to a token for a malformed scope',
        at: 'token',
        behaviour: 'opens-everything-for-a-malformed-scope',
        alsoFails: { 'cc2.token.invalid-scope': 'the malformed scope is granted' },
      },
    ],
  },
  {
    id: 'cc2.rs.fail-early',
    level: 'SHOULD',
    text: 'A request that explicitly asks for data outside the scope fails at the initial request.',
    source: smart('backend-services.html#enforce-authorization'),
    applies: allOf(
      backendServices,
      grantedNo('panel', 'Observation'),
      anyOf(declaresOperation('Group', 'export'), declaresOperation('Group', 'davinci-data-export')),
    ),
    probes: [narrowExport],
    judge: refusedBeside([at(narrowExport)], sameExport, (exchange) =>
      statusOf(exchange) >= 400 && statusOf(exchange) < 500
        ? pass
        : fail(exchange, 'a refusal at kick-off: Observation is asked for and not covered', `status ${statusOf(exchange)}`),
    ),
    faults: [
      {
        name: 'takes an export it will not be allowed to finish',
        at: 'bulk.kickoff',
        alter: whenAsked(/_type=Patient%2CObservation$/, (response, { url }) =>
          response.status === 403
            ? { status: 202, headers: { 'content-location': url.replace(/\/Group\/.*/, '/jobs/no-such-job') }, body: '' }
            : response,
        ),
      },
    ],
  },
  {
    id: 'cc2.rs.oo-on-denied',
    level: 'SHALL',
    scenarios: panel,
    text: 'A producer answers a lack of authorization or token with an OperationOutcome that says why.',
    source: atr('spec.html#requirements-for-implementation-of-the-davinci-data-export-operation'),
    holds: [{ ig: guides.atr }],
    probes: [exportWithoutToken, exportByStranger],
    judge: (evidence) => {
      const tried = asked(evidence, [exportWithoutToken, exportByStranger]).filter((exchange) => statusOf(exchange) >= 400);
      if (tried.length === 0) return notReached(evidence, at(exportWithoutToken));
      return worst(
        tried.map((exchange) => {
          const denied = [401, 403].includes(statusOf(exchange));
          const open = unanswered(exchange) ?? (denied ? undefined : withoutControl(exchange, evidence, sameExport));
          if (open) return open;
          const outcome = body(exchange);
          const told = asArray(pick(outcome, 'issue')).some(
            (issue) => asString(pick(issue, 'details', 'text')) ?? pick(issue, 'details', 'coding') ?? asString(pick(issue, 'diagnostics')),
          );
          return pick(outcome, 'resourceType') === 'OperationOutcome' && told
            ? pass
            : fail(
                exchange,
                'an OperationOutcome that says why',
                `status ${statusOf(exchange)} with ${exchange.response?.body ? 'another body' : 'an empty body'}`,
              );
        }),
      );
    },
    faults: [
      {
        name: 'refuses an export without a word',
        at: 'bulk.kickoff',
        alter: (response, request) =>
          request.headers['authorization'] === undefined && /davinci-data-export$/.test(request.url) ? { ...response, body: '' } : response,
      },
    ],
  },
  {
    id: 'cc2.rs.pdex-group-token',
    level: 'SHALL',
    scenarios: asynchronous,
    text: 'Group resources and the bulk export operation need an access token.',
    source: pdex22('provider-access-api.html#access-and-refresh-tokens'),
    // PDex says it in words; every payer that takes tokens checks them for each request (SMART backend-services.html#step-4-fhir-api).
    applies: takesTokens,
    probes: [groupsWithoutToken, groupWithoutToken],
    judge: (evidence) => {
      const tried = asked(evidence, [groupsWithoutToken, groupWithoutToken, exportWithoutToken]);
      if (tried.length === 0) return notReached(evidence, at(groupsWithoutToken));
      return judgeAll(tried, (exchange) => {
        const job = headerOf(exchange, 'content-location') !== undefined;
        if (job || resourcesIn(exchange).length > 0)
          return fail(
            exchange,
            'a refusal without a token',
            `status ${statusOf(exchange)}${job ? ' with a Content-Location' : ''}: the roster is open to anybody`,
          );
        if (statusOf(exchange) === 401) return pass;
        const control = exchange.step === 'bulk.kickoff' ? sameExport : sameRequest;
        const open = withoutControl(exchange, evidence, control);
        return open ?? warn(exchange, 'status 401', `status ${statusOf(exchange)}${reasonIn(exchange)}`);
      });
    },
    faults: [
      {
        name: 'shows Groups to anybody',
        at: 'group.search',
        alter: (response, request) =>
          request.headers['authorization'] === undefined && /\/Group$/.test(request.url)
            ? {
                ...response,
                status: 200,
                body: JSON.stringify({
                  resourceType: 'Bundle',
                  type: 'searchset',
                  total: 1,
                  entry: [{ resource: { resourceType: 'Group', id: 'panel' } }],
                }),
              }
            : response,
      },
    ],
  },
  {
    id: 'cc2.rs.read-scope-no-write',
    level: 'SHALL',
    lines: ['L3'],
    text: 'A read/search scope does not allow create, update or delete.',
    source: smart(
      'backend-services.html#step-4-fhir-api',
      'backend-services.html#step-4-fhir-api; scopes-and-launch-context.html#scopes-for-requesting-fhir-resources',
    ),
    applies: ({ target, exchanges }) => {
      if (target.auth.kind === 'none') return 'The target file says that this payer takes no tokens.';
      if (target.allow?.writes !== true || target.knownResources?.['disposablePatient'] === undefined)
        return {
          open: 'Nothing is written: set allow.writes, and name a Patient that may be overwritten in knownResources.disposablePatient.',
          because: 'target-file',
        };
      const grant = exchanges.find(
        (exchange) => exchange.step === 'token' && exchange.probe === undefined && exchange.variant === undefined && tokenIn(exchange),
      );
      return !grant || !permits(grantedScopes(grant), 'Patient', 'u') || 'The token of this run may write.';
    },
    probes: [write],
    judge: onEach(at(write), (exchange) =>
      statusOf(exchange) >= 200 && statusOf(exchange) < 300
        ? fail(exchange, 'a refusal: the token covers reading only', `status ${statusOf(exchange)}: a reader can change the record`)
        : statusOf(exchange) >= 500 && statusOf(exchange) !== 501
          ? warn(exchange, 'status 401, 403, 404, 405 or 501', `status ${statusOf(exchange)}`)
          : pass,
    ),
    faults: [
      {
        name: 'lets a reader update a Patient',
        at: 'operation',
        alter: (response, request) =>
          request.method === 'PUT' && /\/Patient\//.test(request.url) ? { ...response, status: 200, body: request.body ?? '' } : response,
      },
    ],
  },
]);
