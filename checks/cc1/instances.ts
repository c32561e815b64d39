import { asArray, asString, at, type Resource, resourceOf } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notReached, onFirst, pass, select, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { seenInDirectory } from '../../src/core/seen.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { alterType } from '../alter.ts';
import { group } from '../group.ts';
import { planNet, useCase } from '../sources.ts';
import { onResource, without } from './edits.ts';

/** What every entry of a directory carries, and what the directory says that it can do. */

const profiles = 'http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/';
const ahead = 86_400_000;

/** Judges every Organization and Endpoint that the directory gave in full; the first of the worst speaks. */
const onEntries =
  (judge: (resource: Resource, exchange: Exchange, key: string) => Finding) =>
  (evidence: Evidence): Finding => {
    const judged = [...seenInDirectory(evidence)].flatMap(([key, all]) =>
      all.flatMap(({ resource, exchange, whole }) => (whole && exchange.request.method === 'GET' ? [judge(resource, exchange, key)] : [])),
    );
    return judged.length === 0 ? notReached(evidence, { step: 'directory.organization' }) : worst(judged);
  };

const interactions = ['read', 'search-type'] as const;
const types = [
  { type: 'Organization', step: 'directory.organization' },
  { type: 'Endpoint', step: 'directory.endpoint' },
] as const;

export const instanceChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'], holds: [{ ig: guides.planNet }] }, [
  {
    id: 'cc1.plannet.last-updated',
    level: 'SHALL',
    text: 'Each Plan-Net resource says when it was last changed (meta.lastUpdated 1..1), so that a copy can be kept up to date.',
    source: planNet('StructureDefinition-plannet-Organization.html', 'StructureDefinition-plannet-Organization and -Endpoint, meta.lastUpdated'),
    judge: onEntries((resource, exchange, key) => {
      const told = asString(at(resource, 'meta', 'lastUpdated'));
      if (told === undefined) return fail(exchange, 'meta.lastUpdated on every entry of the directory', `${key} without it`);
      return Date.parse(told) > Date.parse(exchange.startedAt) + ahead
        ? warn(exchange, 'a time of the last change that is not in the future', `${key}: ${told}`)
        : pass;
    }),
    faults: [
      {
        name: 'does not say when an Organization was changed',
        at: 'directory.organization',
        alter: onResource('sunrise-health-plan', without('meta')),
        alsoFails: { 'cc1.plannet.meta-profile': 'meta holds both' },
      },
    ],
  },
  {
    id: 'cc1.plannet.meta-profile',
    level: 'SHALL',
    text: 'A Plan-Net server identifies "the Plan-Net profiles supported as part of the FHIR meta.profile attribute for each instance".',
    source: planNet('CapabilityStatement-plan-net.html', 'CapabilityStatement-plan-net.html rest.documentation'),
    judge: onEntries((resource, exchange, key) => {
      const named = asArray(at(resource, 'meta', 'profile')).flatMap((each) => asString(each) ?? []);
      return named.some((each) => each.startsWith(`${profiles}plannet-`))
        ? pass
        : fail(exchange, 'a Plan-Net profile in meta.profile of every entry', `${key}: ${named.join(', ') || 'no profile'}`);
    }),
    faults: [
      {
        name: 'names no profile on an Organization',
        at: 'directory.organization',
        alter: onResource('sunrise-health-plan', (each) => ({ ...each, meta: { lastUpdated: at(each, 'meta', 'lastUpdated') ?? '' } })),
      },
    ],
  },
  {
    id: 'cc1.fast.directory-declared',
    level: 'FAST',
    text: 'The CapabilityStatement of the directory declares what Plan-Net asks of Organization and Endpoint: read and search-type.',
    source: useCase('Scenario 1 line 1; interactions from CapabilityStatement-plan-net'),
    judge: onFirst({ step: 'directory.metadata' }, (exchange, evidence) => {
      const statement = resourceOf(exchange, 'CapabilityStatement');
      if (statement === undefined) return fail(exchange, 'a CapabilityStatement of the directory', describeBody(exchange));
      const declared = asArray(statement['rest']).flatMap((each) => (at(each, 'mode') === 'server' ? asArray(at(each, 'resource')) : []));
      const used = types.filter(({ step }) => select(evidence, { step }).length > 0);
      if (used.length === 0) return notReached(evidence, { step: 'directory.organization' });
      return worst(
        used.map(({ type }) => {
          const offered = declared.filter((each) => at(each, 'type') === type).flatMap((each) => asArray(at(each, 'interaction')));
          const missing = interactions.find((code) => !offered.some((each) => at(each, 'code') === code));
          return check(missing === undefined, exchange, `${missing} of ${type} in the CapabilityStatement`, 'it is not declared');
        }),
      );
    }),
    faults: [
      {
        name: 'declares no Endpoint',
        at: 'directory.metadata',
        alter: alterType('CapabilityStatement', (body) => ({
          ...body,
          rest: asArray(body['rest']).map((each) => ({
            ...(each as object),
            resource: asArray(at(each, 'resource')).filter((one) => at(one, 'type') !== 'Endpoint'),
          })),
        })),
      },
    ],
  },
]);
