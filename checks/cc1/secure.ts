import { fail, notAsked, notReached, pass, select, statusOf, worst } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { parseUrl } from '../../src/core/url.ts';
import { useCase } from '../sources.ts';

/** Is the way to the payer itself safe? */

const sources = ({ target }: Evidence): readonly string[] => [target.directory?.base, target.wellKnown?.url].flatMap((url) => url ?? []);
const local = (url: string): boolean => /^http:\/\/(127\.|localhost|\[::1\])/.test(url);

const handshake = (exchange: Exchange): Finding => {
  const seen = exchange.facts?.['tls.protocol'];
  const old = exchange.variant === 'legacy';
  if (old)
    return seen && exchange.facts?.['tls.httpStatus'] !== undefined ? fail(exchange, 'TLS 1.2 or later', `an answer over ${String(seen)}`) : pass;
  if (typeof seen !== 'string') return fail(exchange, 'TLS 1.2 or later', `no handshake: ${String(exchange.facts?.['tls.error'] ?? 'unknown')}`);
  return exchange.facts?.['tls.authorized'] === true
    ? pass
    : fail(exchange, 'a valid certificate', String(exchange.facts?.['tls.authorizationError'] ?? 'not authorized'));
};

export const secureLookupChecks: readonly Check[] = [
  {
    id: 'cc1.fast.secure-lookup',
    level: 'FAST',
    lines: ['L1', 'L3'],
    scenarios: allScenarios,
    text: 'Directory and well-known documents are served over TLS 1.2 or later with a valid certificate and are not reachable over plain http.',
    source: useCase('Scenario 1 line 1 (securely determine)'),
    applies: (evidence) => {
      const urls = sources(evidence);
      if (urls.length === 0) return notAsked('directory or wellKnown', 'the directory or the davinci-configuration file that lists the payer');
      return !urls.every(local) || 'The directory and the file are plain http on this machine.';
    },
    judge: (evidence) => {
      const open = sources(evidence).find((url) => url.startsWith('http://') && !local(url));
      const asked = select(evidence, { step: 'directory.metadata' })[0] ?? select(evidence, { step: 'wellknown.davinci' })[0];
      if (open !== undefined && asked) return fail(asked, 'https for the directory and the well-known file', open);
      const origins = sources(evidence).flatMap((url) => parseUrl(url)?.origin ?? []);
      const shaken = select(evidence, { step: 'tls', where: ({ request }) => origins.includes(parseUrl(request.url)?.origin ?? '') });
      if (shaken.length === 0) return notReached(evidence, { step: 'tls' });
      const knocked = (['directory', 'wellknown'] as const).flatMap((variant) =>
        select(evidence, { step: 'plain-http', variant, where: ({ request }) => request.url.startsWith('http://') }),
      );
      return worst([
        ...shaken.map(handshake),
        ...knocked.map((exchange) =>
          exchange.response && statusOf(exchange) < 300
            ? fail(exchange, 'nothing, or a redirect to https', `status ${statusOf(exchange)} over plain http`)
            : pass,
        ),
      ]);
    },
    faults: [{ name: 'serves the directory on plain http', at: 'plain-http', behaviour: 'serves-the-directory-on-plain-http' }],
  },
];
