import { asArray, asObject, asString, at, isObject } from '../../src/core/fhir.ts';
import { check, fail, pass, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Json } from '../../src/core/model.ts';
import { ordering } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { cdsHooks, crd } from '../sources.ts';
import { eachService } from './alter.ts';
import { followsCrd, onCrdServices, onServices, services, shown } from './lib.ts';

const versionExtension = 'davinci-crd.version';
const optionsExtension = 'davinci-crd.configuration-options';

const contextFields: Readonly<Record<string, readonly string[]>> = {
  'order-sign': ['userId', 'patientId', 'encounterId', 'draftOrders'],
  'order-select': ['userId', 'patientId', 'encounterId', 'selections', 'draftOrders'],
  'order-dispatch': ['patientId', 'order', 'dispatchedOrders', 'performer', 'task', 'fulfillmentTasks'],
  'appointment-book': ['userId', 'patientId', 'encounterId', 'appointments'],
  'encounter-start': ['userId', 'patientId', 'encounterId'],
  'encounter-discharge': ['userId', 'patientId', 'encounterId'],
};

/** One that stands alone, outside a list, is read as well. */
const versionsTold = (service: Json): readonly string[] => {
  const told = at(service, 'extension', versionExtension);
  return (typeof told === 'string' ? [told] : asArray(told)).flatMap((each) => asString(each) ?? []);
};

const options = (service: Json): readonly Json[] => asArray(at(service, 'extension', optionsExtension));

/** Every name, to see whether any stands twice. */
const repeated = (values: readonly (string | undefined)[]): string | undefined =>
  values.find((value, index) => value !== undefined && values.indexOf(value) !== index);

const nameless = (option: Json): Json => (isObject(option) ? Object.fromEntries(Object.entries(option).filter(([part]) => part !== 'name')) : option);

function optionProblem(service: Json): string | undefined {
  const list = options(service);
  for (const option of list) {
    const lacks = ['code', 'type', 'name', 'description'].find((part) => asString(at(option, part)) === undefined);
    if (lacks !== undefined) return `an option without ${lacks}: ${shown(option)}`;
    const type = asString(at(option, 'type'));
    if (type !== 'boolean' && type !== 'integer') return `option ${at(option, 'code')} of type ${type}`;
    const standard = at(option, 'default');
    const fits = type === 'boolean' ? typeof standard === 'boolean' : Number.isInteger(standard);
    if (standard !== undefined && !fits) return `option ${at(option, 'code')} of type ${type} with the default ${shown(standard)}`;
  }
  const twice = ['code', 'name', 'description']
    .map((part) => repeated(list.map((option) => asString(at(option, part)))))
    .find((each) => each !== undefined);
  return twice === undefined ? undefined : `"${twice}" stands twice`;
}

function templateProblem(service: Json): { readonly hard: boolean; readonly text: string } | undefined {
  const prefetch = at(service, 'prefetch');
  if (prefetch === undefined || prefetch === null) return undefined;
  if (!isObject(prefetch)) return { hard: true, text: `prefetch is ${shown(prefetch)}, not an object of templates` };
  const hook = asString(at(service, 'hook')) ?? '';
  for (const [key, template] of Object.entries(prefetch)) {
    if (typeof template !== 'string' || template === '') return { hard: true, text: `prefetch ${key} is ${shown(template)}` };
    if (template.split('{{').length !== template.split('}}').length)
      return { hard: true, text: `prefetch ${key} has an unclosed token: ${template}` };
    for (const [, token = ''] of template.matchAll(/\{\{([^}]*)\}\}/g)) {
      const [root = '', field = ''] = token.trim().split(/[.(]/);
      if (root === 'context' && contextFields[hook] && !contextFields[hook].includes(field))
        return { hard: false, text: `prefetch ${key} uses context.${field}, which ${hook} does not define` };
      if (root !== 'context' && !root.startsWith('user') && !root.startsWith('%') && root !== 'today')
        return { hard: true, text: `prefetch ${key} uses the token ${token}` };
    }
  }
  return undefined;
}

/** What each service declares about itself: options, prefetch, versions. */
export const declarationChecks: readonly Check[] = group({ scenarios: ordering }, [
  {
    id: 'crd.discovery.config-options',
    level: 'SHALL',
    lines: ['L2'],
    text: 'Configuration options have code, type (boolean or integer), name and description; codes, names and descriptions are unique in a service. A default is also demanded by the page but only SHOULD in the logical model.',
    source: crd('deviations.html', 'deviations.html dev-4, dev-8'),
    applies: (evidence) =>
      services(evidence).some((service) => options(service).length > 0) ? followsCrd(evidence) : 'no service lists configuration options',
    judge: onServices((service, exchange) => {
      const problem = optionProblem(service);
      if (problem !== undefined) return fail(exchange, 'options with code, type boolean or integer, name and description, each once', problem);
      const bare = options(service).find((option) => at(option, 'default') === undefined);
      return bare === undefined ? pass : warn(exchange, 'a default on every option', `option ${at(bare, 'code')} has none`);
    }),
    faults: [
      {
        name: 'gives an option no name',
        at: 'cds.discovery',
        alter: eachService((service) => ({
          ...service,
          extension: { ...(isObject(service['extension']) ? service['extension'] : {}), [optionsExtension]: options(service).map(nameless) },
        })),
      },
      {
        name: 'writes defaults as texts (F3.6)',
        at: 'cds.discovery',
        alter: eachService((service) => ({
          ...service,
          extension: {
            ...asObject(service['extension']),
            [optionsExtension]: options(service).map((option) => ({ ...asObject(option), default: String(at(option, 'default')) })),
          },
        })),
      },
    ],
  },
  {
    id: 'crd.discovery.config-per-type',
    level: 'SHALL',
    lines: ['L2'],
    text: 'Each supported response type has a boolean option that turns it off.',
    source: crd('deviations.html', 'deviations.html dev-5'),
    holds: [{ ig: guides.crd }],
    judge: onServices((service, exchange) => {
      if (!['order-sign', 'order-dispatch', 'appointment-book'].includes(asString(service['hook']) ?? '')) return pass;
      const option = options(service).find((each) => at(each, 'code') === 'coverage-info');
      return check(
        at(option, 'type') === 'boolean',
        exchange,
        'a boolean option coverage-info on every service of a primary hook',
        `${service['id']}: ${shown(option)}`,
      );
    }),
    faults: [
      {
        name: 'lists no coverage-info option',
        at: 'cds.discovery',
        alter: eachService((service) => ({
          ...service,
          extension: {
            ...(isObject(service['extension']) ? service['extension'] : {}),
            [optionsExtension]: options(service).filter((option) => at(option, 'code') !== 'coverage-info'),
          },
        })),
      },
    ],
  },
  {
    id: 'crd.discovery.prefetch-templates',
    level: 'SHALL',
    lines: ['L2'],
    text: 'prefetch values are strings; tokens in {{ }} start from a context field of that hook or a user token; CRD adds wider token forms.',
    source: cdsHooks('#prefetch-template'),
    applies: (evidence) =>
      services(evidence).some((service) => service['prefetch'] !== undefined) ? followsCrd(evidence) : 'no service asks for prefetch',
    judge: onServices((service, exchange) => {
      const problem = templateProblem(service);
      if (problem === undefined) return pass;
      return (problem.hard ? fail : warn)(
        exchange,
        'prefetch templates that are strings with closed tokens rooted in context, the user, %name or today()',
        problem.text,
      );
    }),
    faults: [
      {
        name: 'leaves a prefetch token open',
        at: 'cds.discovery',
        alter: eachService((service) => ({ ...service, prefetch: { patient: 'Patient/{{context.patientId' } })),
      },
      {
        name: 'lists its prefetch templates without keys',
        at: 'cds.discovery',
        alter: eachService((service) => (isObject(service['prefetch']) ? { ...service, prefetch: Object.values(service['prefetch']) } : service)),
      },
      {
        name: 'sends a prefetch template as an object',
        at: 'cds.discovery',
        alter: eachService((service) => ({ ...service, prefetch: { patient: { query: 'Patient/{{context.patientId}}' } } })),
      },
    ],
  },
  {
    id: 'crd.discovery.version',
    level: 'SHALL',
    lines: ['L1', 'L2'],
    text: 'Each CRD service declares at least one CRD version as major.minor in the discovery answer.',
    source: crd('deviations.html', 'deviations.html dev-1, dev-2'),
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    judge: onCrdServices((service, exchange) => {
      const versions = asArray(at(service, 'extension', versionExtension));
      return check(
        versions.length > 0,
        exchange,
        'davinci-crd.version on every CRD service',
        `service ${service['id']} declares ${shown(at(service, 'extension', versionExtension))}`,
      );
    }),
    faults: [
      {
        name: 'declares no version on appointment-book',
        at: 'cds.discovery',
        alter: eachService((service) =>
          service['hook'] === 'appointment-book' ? { ...service, extension: { [optionsExtension]: options(service) } } : service,
        ),
        alsoFails: { 'cc3.crd.version-declared': 'the same rule is on two pages of the guide' },
      },
    ],
  },
  {
    id: 'cc3.crd.version-declared',
    level: 'SHALL',
    lines: ['L1'],
    text: 'Each CRD hook service declares at least one supported CRD version (all of them if it supports several) through the davinci-crd.version extension.',
    source: crd('deviations.html', 'deviations.html dev-1, dev-2'),
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    judge: onCrdServices((service, exchange) =>
      check(
        asArray(at(service, 'extension', versionExtension)).some((each) => typeof each === 'string'),
        exchange,
        'at least one CRD version as a string',
        `service ${service['id']} declares ${shown(at(service, 'extension', versionExtension))}`,
      ),
    ),
    faults: [
      {
        name: 'declares versions as numbers on appointment-book',
        at: 'cds.discovery',
        alter: eachService((service) =>
          service['hook'] === 'appointment-book'
            ? { ...service, extension: { [optionsExtension]: options(service), [versionExtension]: [2.2] } }
            : service,
        ),
      },
    ],
  },
  {
    id: 'cc3.crd.version-format',
    level: 'SHALL',
    lines: ['L1'],
    text: 'A CRD version is given by the first two numbers only, for example 2.2.',
    source: crd('deviations.html', 'deviations.html version declaration'),
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    judge: onServices(
      (service, exchange) => {
        const odd = versionsTold(service).find((each) => !/^\d+\.\d+$/.test(each));
        return check(odd === undefined, exchange, 'versions as major.minor, e.g. 2.2', shown(odd));
      },
      (service) => versionsTold(service).length > 0,
      'service with a version of CRD',
    ),
    faults: [
      {
        name: 'declares 2.2.1',
        at: 'cds.discovery',
        alter: eachService((service) => ({
          ...service,
          extension: { ...(isObject(service['extension']) ? service['extension'] : {}), [versionExtension]: ['2.2.1'] },
        })),
      },
    ],
  },
]);
