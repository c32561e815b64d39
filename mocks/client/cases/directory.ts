import { at } from '../../../src/core/fhir.ts';
import type { Json } from '../../../src/core/model.ts';
import { queryOf } from '../../../src/core/url.ts';
import { endpoint as listedEndpoint, organization as listedOrganization } from '../../discovery/content.ts';
import { fhir } from '../../kernel/replies.ts';
import type { Asked, Case, SceneName, Stage, Told } from '../case.ts';

/** The directory of a case, below `/directory`: where the payer's addresses are looked up. The payer itself lives at `/fhir` and, moved, at `/two/fhir`. */

interface Listed {
  readonly organizations?: readonly Json[];
  readonly endpoints: (stage: Stage, moved: boolean) => readonly Json[];
}

const organization = (id: string): Json =>
  listedOrganization(id, 'Scripted plan', 'payer', ['home'], { system: 'http://hl7.org/fhir/sid/us-npi', value: '1234567893' });
const endpoint = (id: string, address: string, more: { readonly [key: string]: Json } = {}): Json => ({
  ...listedEndpoint(id, 'plan', 'FHIR API', address, 'TREAT'),
  ...more,
});
const connection = (code: string): { readonly connectionType: Json } => ({
  connectionType: { system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type', code },
});

/** `self`: the search as it was asked. */
const bundle = (resources: readonly Json[], directory: string, self: string): Json => ({
  resourceType: 'Bundle',
  type: 'searchset',
  total: resources.length,
  link: [{ relation: 'self', url: self }],
  ...(resources.length === 0
    ? {}
    : {
        entry: resources.map((resource) => ({
          fullUrl: `${directory}/${String(at(resource, 'resourceType'))}/${String(at(resource, 'id'))}`,
          resource,
          search: { mode: 'match' },
        })),
      }),
});

function lookUp({ organizations = [organization('plan')], endpoints }: Listed, stage: Stage) {
  let reads = 0;
  return ({ method, path, search }: Asked): Told | undefined => {
    // What was read at the old address is where the payer moves away from.
    if (/^\/fhir\/Patient\/[^/$]+$/.test(path)) reads++;
    if (method !== 'GET' || !path.startsWith('/directory/')) return undefined;
    const headers = { 'cache-control': 'max-age=0' };
    const found = (resources: readonly Json[]) => fhir(bundle(resources, `${stage.root}/directory`, `${stage.root}${path}${search}`), 200, headers);
    if (path === '/directory/Organization') return { step: 'directory.organization', reply: found(organizations) };
    if (path !== '/directory/Endpoint')
      return {
        step: 'directory.endpoint',
        reply: fhir({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'not-found' }] }, 404),
      };
    const status = queryOf(search).find(([name]) => name === 'status')?.[1];
    return {
      step: 'directory.endpoint',
      reply: found(endpoints(stage, reads > 0).filter((each) => status === undefined || at(each, 'status') === status)),
    };
  };
}

const directory = (id: string, does: string, listed: Listed, scene: SceneName = 'look-up'): Case => ({
  id,
  group: 'G2',
  journey: 'directory',
  scene,
  does,
  serves: (stage) => ({ instead: lookUp(listed, stage), rewrite: (path) => path.replace(/^\/two\/fhir(?=\/)/, '/fhir') }),
});

const home = (stage: Stage): Json => endpoint('home', `${stage.root}/fhir`);
/** The healthy directory of controls. */
export const healthyDirectory = (stage: Stage) => ({ instead: lookUp({ endpoints: (each) => [home(each)] }, stage) });

export const directoryCases: readonly Case[] = [
  directory(
    'D1f',
    'the payer moves between two look-ups',
    { endpoints: (stage, moved) => [moved ? endpoint('new', `${stage.root}/two/fhir`) : home(stage)] },
    'look-up-twice',
  ),
  directory('D2', 'addresses that are off, over, and good', {
    endpoints: (stage) => [
      endpoint('off', `${stage.canary}/off/fhir`, { status: 'off' }),
      endpoint('over', `${stage.canary}/over/fhir`, { period: { start: '2020-01-01', end: '2021-01-01' } }),
      home(stage),
    ],
  }),
  directory('D3', 'addresses for mail, X12 and CDS Hooks beside the one for FHIR', {
    endpoints: (stage) => [
      endpoint('mail', `${stage.canary}/mail`, connection('direct-project')),
      endpoint('x12', `${stage.canary}/x12`, connection('ihe-xdr')),
      endpoint('hooks', `${stage.canary}/hooks`, connection('hl7-cds-hooks')),
      home(stage),
    ],
  }),
  directory('D4a', 'no organization of that name', { organizations: [], endpoints: () => [] }),
  directory('D4b', 'two organizations of that name', {
    organizations: [organization('plan'), organization('plan-two')],
    endpoints: (stage) => [home(stage)],
  }),
];
