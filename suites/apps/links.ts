import type { Provider } from '../../src/client/provider.ts';
import type { AppLink } from '../../src/core/model.ts';

/** Remembers where an app is to be found: the first link of each scenario. */
export function noteLink({ known }: Pick<Provider, 'known'>, link: AppLink): void {
  const before = known.notes['app.links'] ?? [];
  if (!before.some(({ scenario }) => scenario === link.scenario)) known.notes['app.links'] = [...before, link];
}

/** Is anybody there? Asked once, without launch parameters and without a token. */
export async function visitLink(provider: Provider, url: string, variant: 'crd' | 'document'): Promise<void> {
  if (!URL.canParse(url)) return;
  await provider.ask('app-link', { method: 'GET', url, headers: { accept: 'text/html' } }, { variant, timeout: 10_000 });
}
