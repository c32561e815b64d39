import { randomBytes } from 'node:crypto';
import { batchOf, byHas, otherType, takesBatches } from '../../checks/cc2/resource-server-probes.ts';
import { probesOf } from '../../checks/index.ts';
import { locate, noteJob } from '../../src/client/bulk/export.ts';
import { settled } from '../../src/client/clean-up.ts';
import type { Labels, Provider } from '../../src/client/provider.ts';
import { cancelJob } from '../../src/client/requests/bulk.ts';
import { read, search } from '../../src/client/requests/fhir.ts';
import { jwtBearer } from '../../src/client/requests/token.ts';
import { asString, at, entriesOf, isResource } from '../../src/core/fhir.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { tokenClientOf } from '../../src/core/target.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, probed } from '../asks.ts';
import { inTarget, knowsMember, when } from '../forecast.ts';
import { matchedMember } from '../lessons.ts';
import { obtainToken, wonBy } from './token.ts';

/** Who gets in with which token. Runs after the member suites, which learn the Patient id; alone it makes do with the target file's. */
export const resourceServer: Suite = {
  id: 'resource-server',
  title: 'Ask with missing, spoilt and too small tokens',
  scenarios: fhirApi,
  needs: ['token.forms'],
  after: [matchedMember],
  asks: [
    asked('token', 'panel'),
    asked('introspect', 'revoke'),
    asked('search', 'any-patient'),
    asked('read', 'disposable', 'control'),
    probed('read', 'resource-server.won'),
    asked('search', 'control', 'has'),
    asked('operation', 'batch'),
    asked('group.search', 'control'),
    asked('group.read', 'control'),
    probed('bulk.delete', ...['resource-server.narrow-export', 'resource-server.export-no-token', 'resource-server.export-other']),
  ],
  requests: when(
    inTarget(({ auth }) => auth.kind !== 'none'),
    when(knowsMember, 27, 12),
  ),
  async drive(provider) {
    const { target, known, tokens, ask } = provider;
    if (target.auth.kind === 'none' || known.base === undefined) return;
    const patient = await somePatient(provider);
    if (patient !== undefined) known.notes['resource-server.patient'] = patient;
    await controls(provider, patient);
    if (target.bulk?.['group'] !== undefined && tokenClientOf(target) !== undefined)
      await obtainToken(provider, { name: 'panel', scope: 'system/Patient.rs system/Group.rs', labels: { variant: 'panel' } });
    await spoilTokens(provider);
    const disposable = target.allow?.writes === true ? asString(target.knownResources?.['disposablePatient'])?.split('/').at(-1) : undefined;
    if (disposable !== undefined) {
      const before = await ask('read', read(known.base, 'Patient', disposable), { variant: 'disposable' });
      if (before.status === 200 && before.json !== undefined) known.notes['resource-server.disposable'] = before.json;
    }
    for (const name of tokens.keys()) known.notes[`token.${name}`] = true;
    await useWon(provider);
    for (const probe of probesOf('resource-server')) {
      const spec = probe.request(known);
      if (typeof spec === 'string') continue;
      const reply = await ask(probe.step, spec, { probe: probe.id });
      // A job that should not have been taken must not be left running.
      const location = probe.step === 'bulk.kickoff' && reply.status === 202 ? reply.headers['content-location'] : undefined;
      const job = location === undefined ? undefined : locate(location, spec.url);
      if (job === undefined) continue;
      noteJob(provider, job, 'export job that should not have been taken');
      const gone = await ask('bulk.delete', { ...cancelJob(job), token: spec.token ?? 'none' }, { probe: probe.id });
      if (settled(gone.status)) provider.cleanUps.done(job);
    }
  },
};

async function somePatient({ known, target, ask }: Provider): Promise<string | undefined> {
  const named = known.patientId ?? target.members.known?.patientId;
  if (named !== undefined || known.base === undefined) return named;
  const reply = await ask('search', search(known.base, 'Patient', { _count: '1' }), { variant: 'any-patient' });
  return asString(at(entriesOf(reply.json)[0]?.resource, 'id'));
}

/** The same requests with a good token: what they open is what a bad one must not open. */
async function controls({ known, target, ask }: Provider, patient: string | undefined): Promise<void> {
  const { base } = known;
  if (base === undefined) return;
  const opened = async (type: string, id: string | undefined, labels: Labels) => {
    if (id === undefined) return;
    const reply = await ask(type === 'Group' ? 'group.read' : 'read', read(base, type, id), labels);
    if (reply.status === 200 && isResource(reply.json, type)) known.notes['resource-server.protected'] ??= `${type}/${id}`;
  };
  await opened('Patient', patient, { variant: 'control', member: 'known' });
  await opened('Group', target.bulk?.group, { variant: 'control' });
  await ask('group.search', search(base, 'Group', {}), { variant: 'control' });
  const type = otherType(known);
  if (patient !== undefined && type !== undefined)
    await ask('search', search(base, type, { patient, _count: '2' }), { variant: 'control', member: 'known' });
  if (patient !== undefined) await ask('search', byHas(base, patient), { variant: 'has', member: 'known' });
  if (patient !== undefined && type !== undefined && takesBatches(known.capability))
    await ask('operation', batchOf(base, `${type}?patient=${patient}&_count=2`), { variant: 'batch' });
}

/** Each token that a wrong request won, for one harmless read. */
async function useWon({ known, tokens, ask }: Provider): Promise<void> {
  const [type, id] = known.notes['resource-server.protected']?.split('/') ?? [];
  if (known.base === undefined || type === undefined || id === undefined) return;
  for (const name of [...tokens.keys()].filter((each) => each.startsWith(wonBy)))
    await ask('read', { ...read(known.base, type, id), token: name }, { probe: 'resource-server.won', follows: Number(name.slice(wonBy.length)) });
}

/** Puts into the session what nobody issued, what was changed, and what was given back. */
async function spoilTokens(provider: Provider): Promise<void> {
  const { tokens, known, ask } = provider;
  tokens.set('garbage', `harness${randomBytes(18).toString('hex')}`);
  const good = tokens.get('default');
  if (good !== undefined) {
    const parts = good.split('.');
    const [header = '', payload = '', signature = ''] = parts;
    if (parts.length === 3) {
      tokens.set('tampered', `${header}.${payload}.${flip(signature)}`);
      tokens.set('tampered-payload', `${header}.${flip(payload)}.${signature}`);
    } else tokens.set('tampered', flip(good));
  }
  const endpoint = asString(at(known.smart, 'revocation_endpoint'));
  const spare = tokens.get('extra');
  if (spare === undefined || endpoint === undefined || !URL.canParse(endpoint)) return;
  const reply = await ask(
    'introspect',
    {
      method: 'POST',
      url: endpoint,
      headers: { accept: 'application/json' },
      form: { client_assertion_type: jwtBearer, token_type_hint: 'access_token' },
      formToken: 'extra',
      assertion: { claims: { aud: known.tokenEndpoint ?? endpoint } },
    },
    { variant: 'revoke' },
  );
  if (reply.status === 200) tokens.set('revoked', spare);
}

/** Changes one character in the middle, within the alphabet of the text. */
function flip(text: string): string {
  const middle = text.length >> 1;
  return text.slice(0, middle) + (text[middle] === 'A' ? 'B' : 'A') + text.slice(middle + 1);
}
