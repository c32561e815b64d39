import type { Provider } from '../../src/client/provider.ts';
import type { AppLink, AppTarget } from '../../src/core/model.ts';

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

/** What the target file says of an app that it does not name goes for each link that was found; links to the same app are one. */
export function linked(app: AppTarget, links: readonly AppLink[]): readonly AppTarget[] {
  const fit = links.filter(({ scenario }) => app.scenario === undefined || app.scenario === scenario);
  const different = fit.filter(({ url }, nth) => fit.findIndex((each) => each.url === url) === nth);
  return different.length === 0 ? [app] : different.map((link) => ({ ...app, ...link }));
}
