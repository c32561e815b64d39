import { asArray, at } from '../../src/core/fhir.ts';
import type { Json, Target } from '../../src/core/model.ts';
import type { Listed } from '../discovery/content.ts';
import { servedTypes } from '../fhir/search/parameters.ts';
import { inPart, parts } from './offers.ts';
import type { Shape } from './shape.ts';

const { crdSteps, crdTarget, guide, smartSteps, udapSteps } = parts;

const scopes = [...servedTypes, 'Binary', 'Bundle', 'MeasureReport', 'RelatedPerson'].map((type) => `system/${type}.rs`);

/** An Endpoint that promises no dynamic registration. */
const withoutUdap = (listed: Listed): Listed => ({
  ...listed,
  ...(listed['extension'] === undefined
    ? {}
    : { extension: asArray(listed['extension']).filter((each) => !String(at(each, 'url')).endsWith('/base-ext-dynamicRegistration')) }),
});

/** Who may ask, and how a caller proves it. */
export const accessShapes: readonly Shape[] = [
  {
    id: 'open',
    title: 'serves everybody without a token',
    legalBecause: 'A test or sandbox server may be open: SMART and UDAP bind "a FHIR endpoint that requires authorization".',
    lacks: {
      steps: [...smartSteps, ...udapSteps],
      guides: ['hl7.fhir.uv.smart-app-launch', ...['davinci-atr', 'davinci-pdex', 'carin-bb', 'udap-security'].map(guide)],
      whole: [guide('core')],
      target: ['auth', 'udap', 'otherClient', 'expiredToken'],
    },
    rules: {
      security: (): Json => ({ cors: true, description: 'Open: a sandbox with synthetic members.' }),
      tokenIsNeeded: () => false,
      statusNeedsToken: () => false,
      filesNeedToken: () => false,
      saysTokenNeeded: () => false,
      crdAdmits: () => true,
      directoryLists: withoutUdap,
    },
    target: (target): Target => ({ ...target, auth: { kind: 'none' } }),
    earns: inPart,
  },
  {
    id: 'smart-only',
    title: 'authorizes by SMART Backend Services only',
    legalBecause: 'UDAP Security binds who claims it; SMART Backend Services suffice for Bulk Data and PDex.',
    lacks: { steps: udapSteps, guides: [guide('udap-security')], target: ['udap'] },
    rules: { directoryLists: withoutUdap },
  },
  {
    id: 'udap-only',
    title: 'authorizes by UDAP only',
    legalBecause: 'SMART Backend Services bind who claims them; UDAP Security registers and authenticates by certificate.',
    lacks: {
      steps: [...smartSteps, ...crdSteps],
      guides: ['hl7.fhir.uv.smart-app-launch', guide('davinci-crd')],
      target: ['otherClient', 'expiredToken', ...crdTarget],
    },
    rules: {
      udapScopes: () => scopes,
      directoryLists: parts.withoutCrd,
      configuredEndpoints: (origin) => ({ davinci_pdex_provider_endpoint: `${origin}/fhir` }),
      security: (): Json => ({
        cors: true,
        service: [{ coding: [{ system: 'http://fhir.udap.org/CodeSystem/capability-rest-security-service', code: 'UDAP' }], text: 'UDAP B2B' }],
      }),
    },
    target: (target): Target => ({
      ...target,
      auth: { kind: 'udap' },
      ...(target.udap ? { udap: { ...target.udap, scope: scopes.join(' ') } } : {}),
    }),
  },
  {
    id: 'https',
    title: 'speaks https and sends plain http there',
    legalBecause: 'RFC 9110 15.4.9: a permanent redirect to https; SMART and UDAP ask for TLS.',
    https: 'redirect',
  },
  {
    id: 'port-80-closed',
    title: 'speaks https and listens on no other port',
    legalBecause: 'Nothing asks a server to answer plain http at all.',
    https: 'closed',
  },
];
