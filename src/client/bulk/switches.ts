import type { Json } from '../../core/model.ts';
import type { Provider } from '../provider.ts';
import { askPatiently } from './patience.ts';

/**
 * Throws one of the operator's switches (`bulk.controls` in the target file) and notes its undoing from before the request goes out. False when writes are not
 * allowed, the switch is not named, or it did not work.
 */
export async function flip(provider: Provider, name: 'change' | 'remove' | 'optOut', about: Json): Promise<boolean> {
  const { target, known, cleanUps } = provider;
  const url = target.bulk?.controls?.[name];
  if (url === undefined || target.allow?.writes !== true) return false;
  const undo = { method: 'DELETE', url } as const;
  cleanUps.add({ id: `hook ${url}`, what: `operator's switch ${name}`, base: known.base ?? '', step: 'operation', request: undo });
  const spec = { method: 'POST', url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(about) };
  const reply = await askPatiently(provider, 'operation', spec, { variant: `switch/${name}` });
  return reply.status >= 200 && reply.status < 300;
}

/** Puts the switch back and notes that it is done. */
export async function flipBack(provider: Provider, name: 'change' | 'remove' | 'optOut'): Promise<void> {
  const url = provider.target.bulk?.controls?.[name];
  if (url === undefined) return;
  const reply = await askPatiently(provider, 'operation', { method: 'DELETE', url }, { variant: `switch-back/${name}` });
  if (reply.status >= 200 && reply.status < 300) provider.cleanUps.done(`hook ${url}`);
}
