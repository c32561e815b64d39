import { asArray, asString, at, type JsonObject, type Resource } from '../../src/core/fhir.ts';
import { all, check, fail, notApplicable, notReached, onFirst, pass, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { ownReference } from '../../src/core/references.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { whenAsked } from '../alter.ts';
import { group } from '../group.ts';
import { planNet } from '../sources.ts';
import { among, codingsOf, hasEndpoint, idOf, included, kept, knownEndpoint, nothingToFind, onSearch, payerMissing, payerOf } from './directory.ts';
import { adding, emptied, onResource, refused, strayOrganization, without, withoutIncluded } from './edits.ts';

/** The payer's Organization in a Plan-Net directory. */

const payer = 'sunrise-health-plan';

const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();

/**
 * A name matches "if the value of the field equals or starts with the supplied parameter value": who has the words elsewhere in a name was found more widely
 * than asked, who has none of them was not asked for.
 * Source: http://hl7.org/fhir/R4/search.html#string
 */
function namedAlike(matches: readonly Resource[], exchange: Exchange, evidence: Evidence): Finding {
  const wanted = plain(asString(payerOf(evidence)?.['name']) ?? '');
  const findings = matches.map((each) => {
    const names = [asString(each['name']), ...asArray(each['alias']).map(asString)].map((name) => plain(name ?? ''));
    if (names.some((name) => name.startsWith(wanted))) return pass;
    const shown = `Organization/${idOf(each)} with the name ${asString(each['name']) ?? 'absent'}`;
    const akin = wanted.split(' ').some((word) => names.some((name) => name.split(' ').includes(word)));
    return (akin ? warn : fail)(exchange, 'only organizations whose name starts with the one asked for', shown);
  });
  return findings.length === 0 ? pass : worst(findings);
}

export const organizationChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'], holds: [{ ig: guides.planNet }] }, [
  {
    id: 'cc1.plannet.org.search-endpoint',
    level: 'SHALL',
    text: 'Organizations can be searched by the endpoint they publish.',
    source: planNet('CapabilityStatement-plan-net.html', 'CapabilityStatement-plan-net.html Organization search parameters'),
    applies: hasEndpoint,
    judge: onSearch('directory.organization', 'by-endpoint', (matches, exchange, evidence) => {
      const wanted = asString(at(payerOf(evidence), 'endpoint', 0, 'reference'));
      const stray = matches.find((each) => !asArray(each['endpoint']).some((one) => at(one, 'reference') === wanted));
      return all(
        () => kept(exchange, 'endpoint'),
        () => among(matches, exchange, evidence, payerOf(evidence)),
        () => check(stray === undefined, exchange, `only organizations that list ${wanted}`, `Organization/${idOf(stray)}`),
      );
    }),
    faults: [
      { name: 'does not know the endpoint parameter', at: 'directory.organization', alter: whenAsked(/\?endpoint=/, refused(400, 'not-supported')) },
    ],
  },
  {
    id: 'cc1.plannet.org.search-name',
    level: 'SHALL',
    text: 'A payer organization can be found by name.',
    source: planNet('CapabilityStatement-plan-net.html', 'CapabilityStatement-plan-net.html Organization search parameters'),
    judge: onSearch(
      'directory.organization',
      'by-name',
      (matches, exchange, evidence) =>
        payerMissing(evidence) ??
        all(
          () => among(matches, exchange, evidence, payerOf(evidence)),
          () => namedAlike(matches, exchange, evidence),
        ),
    ),
    faults: [
      { name: 'finds nobody by an exact name', at: 'directory.organization', alter: whenAsked(/\?name=Sunrise/, emptied) },
      {
        name: 'finds by a name those who do not bear it',
        at: 'directory.organization',
        alter: whenAsked(/\?name=Sunrise/, adding(strayOrganization)),
      },
    ],
  },
  {
    id: 'cc1.plannet.org.search-type',
    level: 'SHALL',
    text: 'Organizations can be searched by type, for example payer.',
    source: planNet('CapabilityStatement-plan-net.html#organization', 'Organization search parameters'),
    applies: (evidence) => asArray(payerOf(evidence)?.['type']).length > 0 || 'The Organization has no type.',
    judge: onSearch('directory.organization', 'by-type', (matches, exchange, evidence) => {
      const { code: wanted, system } = codingsOf(at(payerOf(evidence), 'type', 0))[0] ?? {};
      const fits = (coding: JsonObject): boolean => coding['code'] === wanted && (system === undefined || coding['system'] === system);
      const stray = matches.find((each) => !asArray(each['type']).some((type) => codingsOf(type).some(fits)));
      return all(
        () => among(matches, exchange, evidence, payerOf(evidence)),
        () => check(stray === undefined, exchange, `only organizations of type ${String(wanted)}`, `Organization/${idOf(stray)}`),
      );
    }),
    faults: [{ name: 'ignores the type', at: 'directory.organization', alter: whenAsked(/\?type=/, adding(strayOrganization)) }],
  },
  {
    id: 'cc1.plannet.org.identity',
    level: 'SHALL',
    lines: ['L1', 'L4'],
    text: 'The payer Organization has active=true and at least one address.',
    source: planNet('StructureDefinition-plannet-Organization.html'),
    judge: onFirst({ step: 'directory.organization', variant: 'payer' }, (exchange, evidence) => {
      const organization = payerOf(evidence);
      if (!organization) return notReached(evidence, { step: 'directory.organization', variant: 'payer' });
      return all(
        () => check(organization['active'] === true, exchange, 'active true', `active ${String(organization['active'])}`),
        () => check(asArray(organization['address']).length > 0, exchange, 'at least one address', 'none'),
      );
    }),
    faults: [{ name: 'leaves the address of the payer out', at: 'directory.organization', alter: onResource(payer, without('address')) }],
  },
  {
    id: 'cc1.plannet.org.include-endpoint',
    level: 'SHALL',
    text: 'An organization search can include the endpoints the organization lists.',
    source: planNet('CapabilityStatement-plan-net.html#organization', 'Organization includes (narrative)'),
    applies: hasEndpoint,
    judge: onSearch('directory.organization', 'include-endpoint', (_matches, exchange, evidence) => {
      const bases = [evidence.target.directory?.base ?? ''];
      const own = asArray(payerOf(evidence)?.['endpoint']).flatMap((each) => ownReference(at(each, 'reference'), bases) ?? []);
      // What lies on another server cannot come along.
      if (own.length === 0) return notApplicable('The Organization lists no endpoint of this directory.');
      return worst(own.map((each) => included(exchange, each)));
    }),
    faults: [{ name: 'drops _include on Organization', at: 'directory.organization', alter: whenAsked(/_include=Organization/, withoutIncluded) }],
  },
  {
    id: 'cc1.plannet.org.revinclude-endpoint',
    level: 'SHALL',
    text: 'An organization search can bring the endpoints that the organization manages.',
    source: planNet('CapabilityStatement-plan-net.html#organization', 'Organization revincludes (narrative)'),
    judge: onSearch(
      'directory.organization',
      'revinclude-endpoint',
      (_matches, exchange, evidence) => nothingToFind(evidence) ?? included(exchange, `Endpoint/${idOf(knownEndpoint(evidence))}`),
    ),
    faults: [{ name: 'drops _revinclude on Organization', at: 'directory.organization', alter: whenAsked(/_revinclude=/, withoutIncluded) }],
  },
]);
