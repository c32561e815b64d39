import { fail, notReached, notTestable, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, TlsFacts, Variant } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { parseUrl } from '../../src/core/url.ts';
import { group } from '../group.ts';
import { bulkData, hrex, useCase } from '../sources.ts';
import { securedBase } from './applies.ts';
import { resourcesIn } from './documents.ts';

/** Transport security: judged from handshakes that the suite made, whose facts say what was agreed. */

const protocol = (exchange: Exchange): string | undefined => {
  const seen = exchange.facts?.['tls.protocol'];
  return typeof seen === 'string' ? seen : undefined;
};
const fact = (exchange: Exchange, name: keyof TlsFacts): string => String(exchange.facts?.[name] ?? 'unknown');

/** Judges every handshake of one offer. */
const onHandshakes =
  (variant: 'legacy' | 'modern', judge: (exchange: Exchange) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = select(evidence, { step: 'tls', variant });
    return found.length === 0 ? notReached(evidence, { step: 'tls', variant }) : worst(found.map(judge));
  };
const noHandshake = (exchange: Exchange): Finding =>
  notTestable(`No handshake with ${parseUrl(exchange.request.url)?.host}: ${fact(exchange, 'tls.error')}.`, 'payer');

/** Errors before TLS began: they say nothing about it. */
const unreached = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timeout)$/;

/** The directory of the embedded payer lives behind the same listener. */
const sameCertificate = { 'cc1.fast.secure-lookup': 'one listener serves the directory too' };

/** What plain http answered: data, a bare CapabilityStatement, or nothing that matters. Redirects were followed to https and stand apart. */
export const overPlainHttp = (evidence: Evidence, ...variants: readonly Variant<'plain-http'>[]): readonly Exchange[] =>
  variants.flatMap((variant) => select(evidence, { step: 'plain-http', variant, where: ({ request }) => request.url.startsWith('http://') }));

export const tlsChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L3'], applies: securedBase }, [
  {
    id: 'cc2.tls.minimum',
    level: 'SHALL',
    text: 'All exchanges use TLS 1.2 or later.',
    source: bulkData('export.html#privacy-and-security-considerations'),
    judge: (evidence) =>
      worst([
        onHandshakes('legacy', (exchange) => {
          if (exchange.facts?.['tls.unable'] === true) return notTestable('Our own TLS library cannot offer TLS 1.1 here.', 'payer');
          if (protocol(exchange) === undefined) return pass;
          const expected = 'no TLS older than 1.2';
          return exchange.facts?.['tls.httpStatus'] === undefined
            ? warn(exchange, expected, `a handshake with ${protocol(exchange)}, without an answer over it`)
            : fail(exchange, expected, `an answer (status ${fact(exchange, 'tls.httpStatus')}) over ${protocol(exchange)}`);
        })(evidence),
        onHandshakes('modern', (exchange) => {
          if (protocol(exchange) !== undefined) return pass;
          return unreached.test(fact(exchange, 'tls.error'))
            ? noHandshake(exchange)
            : fail(exchange, 'TLS 1.2 or 1.3', `no handshake: ${fact(exchange, 'tls.error')}`);
        })(evidence),
      ]),
    faults: [{ name: 'answers over TLS 1.1', at: 'tls', behaviour: 'speaks-tls-1.1', alsoFails: sameCertificate }],
  },
  {
    id: 'cc2.tls.certificate',
    level: 'FAST',
    text: 'The server certificate is unexpired, matches the host name and chains to a configured anchor.',
    source: useCase('Scenario 1 line 3'),
    judge: onHandshakes('modern', (exchange) => {
      if (protocol(exchange) === undefined) return noHandshake(exchange);
      if (exchange.facts?.['tls.authorized'] === true) return pass;
      const about = `${fact(exchange, 'tls.authorizationError')}; for ${fact(exchange, 'tls.names')}, valid ${fact(exchange, 'tls.validFrom')} to ${fact(exchange, 'tls.validTo')}, issued by ${fact(exchange, 'tls.issuer')}`;
      return fail(exchange, `a certificate for ${parseUrl(exchange.request.url)?.host} that is in date and leads to a trusted authority`, about);
    }),
    faults: [
      { name: 'shows an expired certificate', at: 'tls', behaviour: 'shows-an-expired-certificate', alsoFails: sameCertificate },
      { name: 'shows a certificate for another host', at: 'tls', behaviour: 'shows-a-certificate-for-another-host', alsoFails: sameCertificate },
      { name: 'shows a certificate of an unknown authority', at: 'tls', behaviour: 'shows-a-certificate-of-a-stranger', alsoFails: sameCertificate },
    ],
  },
  {
    id: 'cc2.tls.no-clear-text',
    level: 'FAST',
    text: 'No PHI or token is served on plain http.',
    source: useCase('Scenario 1 line 3'),
    judge: (evidence) => {
      const seen = overPlainHttp(evidence, 'metadata', 'patient');
      if (seen.length === 0) return notReached(evidence, { step: 'plain-http' });
      return worst(
        seen.map((exchange) => {
          const types = statusOf(exchange) < 300 ? resourcesIn(exchange) : [];
          if (types.length === 0) return pass;
          const onlyStatement = types.every((type) => type === 'CapabilityStatement');
          return (onlyStatement ? warn : fail)(exchange, 'no FHIR data over plain http', `${types.join(', ')} readable by anybody on the way`);
        }),
      );
    },
    faults: [{ name: 'serves Patients on plain http', at: 'plain-http', behaviour: 'serves-patients-on-plain-http' }],
  },
  {
    id: 'cc2.tls.current-or-prior',
    level: 'SHOULD',
    text: 'PHI is exchanged with the current TLS release (TLS 1.3).',
    source: hrex('security.html'),
    holds: [{ ig: guides.hrex }, { ig: guides.pdex }, { ig: guides.c4bb }],
    judge: onHandshakes('modern', (exchange) => {
      if (protocol(exchange) === undefined) return noHandshake(exchange);
      return protocol(exchange) === 'TLSv1.3' ? pass : warn(exchange, 'TLSv1.3, when 1.2 and 1.3 are offered', protocol(exchange) ?? 'none');
    }),
    faults: [{ name: 'stays on TLS 1.2', at: 'tls', behaviour: 'stays-on-tls-1.2' }],
  },
]);
