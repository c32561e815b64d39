import { hasOperation } from '../../core/capability.ts';
import { asString, at, isResource } from '../../core/fhir.ts';
import type { Probe, RequestSpec, Variant } from '../../core/model.ts';
import { tokenClientOf } from '../../core/target.ts';
import { type Provider, Stop } from '../provider.ts';
import { bulkFile, type ExportParameters, type ExportScope, exportByGet, exportByPost } from '../requests/bulk.ts';
import { tokenRequest } from '../requests/token.ts';
import { download } from './download.ts';
import { type ManifestFile, tryKickoff } from './export.ts';
import { askPatiently } from './patience.ts';

/** Small moves that the roster and bulk suites share. */

/** The FHIR base, or the reason to stop. */
export function baseOf({ known }: Provider): string {
  if (known.base === undefined) throw new Stop('no FHIR base URL is known', 'payer');
  return known.base;
}

/** Logical id of the Group to export: named in the target file, or found by the roster suite. */
export function groupOf({ target, known }: Provider): string {
  const id = target.bulk?.group ?? asString(known.notes['bulk.group']);
  if (id === undefined)
    throw new Stop(
      'no attribution list is known: name bulk.group, bulk.npi or bulk.tin in the target file, or grant the client a Group',
      'target-file',
    );
  return id;
}

export const groupScope = (provider: Provider, id = groupOf(provider), operation: ExportScope['operation'] = '$export'): ExportScope => ({
  base: baseOf(provider),
  at: `Group/${encodeURIComponent(id)}`,
  operation,
});

/** A payer that declares the plain Group export and no other is asked by that. */
export function dataExport({ known: { capability } }: Provider): '$export' | '$davinci-data-export' {
  if (!isResource(capability, 'CapabilityStatement')) return '$davinci-data-export';
  const plain = hasOperation(capability, 'Group', 'export') && !hasOperation(capability, 'Group', 'davinci-data-export');
  return plain ? '$export' : '$davinci-data-export';
}

/** By POST as PDex has it; the plain export knows no exportType, and is started by GET unless it names a patient. */
export function provides(session: Provider, scope: ExportScope, { exportType, ...parameters }: ExportParameters): RequestSpec {
  if (dataExport(session) === '$davinci-data-export') return exportByPost(scope, { exportType, ...parameters });
  return (parameters['patient'] === undefined ? exportByGet : exportByPost)(scope, parameters);
}

/** Gets a token with a narrower scope under its own name. False when the server gave none. */
export async function narrowToken(provider: Provider, name: Variant<'token'>, scope: string): Promise<boolean> {
  const { known, target, tokens } = provider;
  if (tokenClientOf(target) === undefined || known.tokenEndpoint === undefined) return false;
  const reply = await askPatiently(provider, 'token', tokenRequest(known.tokenEndpoint, scope), { variant: name });
  const token = asString(at(reply.json, 'access_token'));
  if (token === undefined) return false;
  tokens.set(name, token);
  return true;
}

/** A token that no server issued. */
export const brokenToken = 'broken';
export const useBrokenToken = ({ tokens }: Provider): void => void tokens.set(brokenToken, 'bm90LWEtdG9rZW4tb2YtdGhpcy1zZXJ2ZXI');

/** Sends probes; a kick-off that is accepted all the same is cancelled at once. */
export async function sendProbes(provider: Provider, probes: readonly Probe[]): Promise<void> {
  for (const probe of probes) {
    const spec = probe.request(provider.known);
    if (typeof spec === 'string') continue;
    if (probe.step === 'bulk.kickoff') await tryKickoff(provider, spec, undefined, { probe: probe.id });
    else await askPatiently(provider, probe.step, spec, { probe: probe.id });
  }
}

/** Asks for one file in a way that must not work. */
export const probeFile = (provider: Provider, file: ManifestFile, probe: string, token: string, url = file.url) =>
  download(provider, { ...bulkFile(url, true), token }, { probe }, { 'file.kind': file.kind, 'file.type': file.type });
