import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asObject, asString, at as path, requestJsonOf } from '../../../src/core/fhir.ts';
import { check, notTestable, pass, worst, worstOfAll } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import { came, left } from '../../../src/core/heard.ts';
import { matchedGroupId } from '../../../src/core/matched.ts';
import type { Exchange, Finding, Json, WireRequest } from '../../../src/core/model.ts';
import { panel } from '../../../src/core/steps.ts';
import { pdex22 } from '../../sources.ts';
import { at, onCase, onEvery, status } from '../marks.ts';

/** Matches of many members at once (PDex 2.2), and what is exported after them. */

const page = (section: string) => pdex22('provider-access-api-v2.html', `provider-access-api-v2 (${section})`);
const shared = { level: 'SHALL', scenarios: panel, holds: [{ ig: guides.pdex, from: '2.2.0' }], lines: ['L4'], cases: ['I6'] } as const;
const isMatch = (each: Exchange): boolean => at('group.operation')(each) && /\/(\$|%24)provider-member-match/.test(each.request.url);
const codes = (value: Json | undefined): readonly string[] => asArray(value).flatMap((each) => asString(path(each, 'code')) ?? []);

/** The provider's word that it treats this patient: by its profile, or by what it says. */
const attests = (consent: Json): boolean =>
  asArray(path(consent, 'meta', 'profile')).some((each) => /provider-treatment-relationship-consent/.test(asString(each) ?? '')) ||
  codes(path(consent, 'provision', 'purpose')).some((code) => /TREAT/.test(code));

function attested(each: Exchange): Finding {
  const bundles = asArray(path(requestJsonOf(each.request), 'parameter')).filter((one) => path(one, 'name') === 'MemberBundle');
  if (bundles.length === 0) return check(false, each, 'at least one MemberBundle', 'none');
  return worstOfAll(
    bundles.map((bundle, nth) => {
      const where = `MemberBundle ${nth + 1}`;
      const part = (name: string) =>
        asArray(path(bundle, 'part')).flatMap((one) => (path(one, 'name') === name ? [path(one, 'resource') ?? null] : []));
      const [members, cards, consents] = [part('MemberPatient'), part('CoverageToMatch'), part('Consent')];
      const [consent = null] = consents;
      const named = asString(path(consent, 'patient', 'reference'));
      const own = `Patient/${asString(path(members[0], 'id')) ?? ''}`;
      return worst([
        check(
          members.length === 1 && cards.length === 1,
          each,
          'one MemberPatient and one CoverageToMatch',
          `${members.length} and ${cards.length} in ${where}`,
        ),
        check(consents.length === 1, each, 'the treatment attestation of each member: one Consent', `${consents.length} in ${where}`),
        check(consents.length !== 1 || attests(consent), each, 'a Consent that attests treatment', `another Consent in ${where}`),
        check(consents.length !== 1 || named === undefined || named === own, each, `a Consent about ${own}`, `${named} in ${where}`),
      ]);
    }),
  );
}

const groupOf = ({ request }: Exchange): string => /\/Group\/([^/?]+)\/(?:\$|%24)(?:davinci-data-)?export/.exec(request.url)?.[1] ?? '';

export const matchedRows: readonly ClientRow[] = [
  {
    id: 'client.identity.pmm.attestation',
    text: 'Each member request carries the treatment attestation as a Consent.',
    source: page('pdex-257'),
    ...shared,
    anywhere: true,
    judge: onEvery('$provider-member-match', isMatch, attested),
    faults: [
      {
        name: 'attests the treatment of the first member only',
        sends: (request: WireRequest): WireRequest => {
          if (!/provider-member-match/.test(request.url)) return request;
          const body = asObject(JSON.parse(request.body ?? '{}') as Json);
          const [first, ...others] = asArray(body['parameter']);
          const without = others.map((each) => ({
            ...asObject(each),
            part: asArray(path(each, 'part')).filter((one) => path(one, 'name') !== 'Consent'),
          }));
          return { ...request, body: JSON.stringify({ ...body, parameter: [first ?? null, ...without] }) };
        },
      },
    ],
  },
  {
    id: 'client.bulk.pmm.group',
    text: 'Exports use the matched Group of a fresh match.',
    source: page('pdex-262, pdex-267'),
    ...shared,
    judge: onCase(
      ['I6'],
      (each) => (isMatch(each) || at('bulk.file')(each)) && matchedGroupId(each.response?.body ?? '') !== undefined,
      ({ heard, seen }) => {
        // A match may come as a job, in files; a list that is exported later names itself once more.
        const matches = heard.flatMap((each) => {
          const id = isMatch(each) || at('bulk.file')(each) ? matchedGroupId(each.response?.body ?? '') : undefined;
          return id === undefined ? [] : [{ id, at: left(each) }];
        });
        const firsts = matches.filter(({ id }, nth) => matches.findIndex((other) => other.id === id) === nth);
        const exports = heard.filter((each) => at('bulk.kickoff')(each) && status(each) === 202 && came(each) >= left(seen));
        const own = exports.filter((each) => firsts.some(({ id }) => id === groupOf(each)));
        const [any] = exports;
        const [first] = firsts;
        if (any === undefined || first === undefined) return notTestable('Case I6: no export followed the match.', 'not-offered');
        if (own.length === 0) return check(false, any, `an export of Group/${first.id}, which the match gave`, any.request.url);
        const stale = own.find(
          (each, nth) =>
            firsts.filter((match) => match.at <= came(each)).at(-1)?.id !== groupOf(each) ||
            own.slice(0, nth).some((other) => groupOf(other) === groupOf(each)),
        );
        if (stale !== undefined) return check(false, stale, 'a fresh match before each export, and its Group', `Group/${groupOf(stale)} once more`);
        return own.length > 1
          ? pass
          : notTestable('Case I6: one export came only, so nobody knows whether the next one begins with a match. Export once more.', 'set-up');
      },
    ),
    faults: [{ name: 'exports the Group of its first match again', behaves: 'exports-the-first-match' }],
  },
];
