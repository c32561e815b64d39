import { isResource, jsonOf, type Resource } from '../../src/core/fhir.ts';
import { fail, notTestable, pass, reasonIn, select, statusOf, worst } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding } from '../../src/core/model.ts';

/** Readings of the metadata exchanges that several rows share. */

export const statementIn = (exchange: Exchange): Resource | undefined => {
  const value = exchange.response?.status === 200 ? jsonOf(exchange.response) : undefined;
  return isResource(value, 'CapabilityStatement') ? value : undefined;
};

/** Honest metadata answers that hold a CapabilityStatement. */
export const statements = (evidence: Evidence): readonly (readonly [Exchange, Resource])[] =>
  select(evidence, { step: 'metadata' }).flatMap((exchange) => {
    const statement = statementIn(exchange);
    return statement ? [[exchange, statement] as const] : [];
  });

/** Judges the first CapabilityStatement. None: not testable, since cc3.metadata.available says so already. */
export const onStatement =
  (judge: (statement: Resource, exchange: Exchange, evidence: Evidence) => Finding): ((evidence: Evidence) => Finding) =>
  (evidence) => {
    const first = statements(evidence)[0];
    return first ? judge(first[1], first[0], evidence) : notTestable('No CapabilityStatement was read (see cc3.metadata.available).', 'payer');
  };

/** The same of every FHIR server of the run: the payer's directory is one, too, and what it says of itself binds it. */
export const onStatements =
  (judge: (statement: Resource, exchange: Exchange, evidence: Evidence) => Finding): ((evidence: Evidence) => Finding) =>
  (evidence) => {
    const [directory] = select(evidence, { step: 'directory.metadata' }).flatMap((exchange) => {
      const statement = statementIn(exchange);
      return statement ? [judge(statement, exchange, evidence)] : [];
    });
    const own = onStatement(judge)(evidence);
    if (directory === undefined) return own;
    return statements(evidence).length === 0 && evidence.target.fhir === undefined ? directory : worst([own, directory]);
  };

/** A form of asking for metadata was answered with JSON; outages and 401 are other rows' business. */
export function answeredInJson(exchange: Exchange, form: string, evidence: Evidence): Finding {
  const status = statusOf(exchange);
  if (status === 401 || status === 403 || status >= 500) return notTestable(`Metadata answered ${status}${reasonIn(exchange)} to ${form}.`, 'payer');
  if (statements(evidence).length === 0) return notTestable('No CapabilityStatement was read in any form (see cc3.metadata.available).', 'payer');
  if (status !== 200) return fail(exchange, `200 with JSON for ${form}`, `status ${status}${reasonIn(exchange)}`);
  return statementIn(exchange)
    ? pass
    : fail(
        exchange,
        `JSON for ${form}`,
        `Content-Type ${exchange.response?.headers['content-type'] ?? 'absent'} and a body that is no CapabilityStatement in JSON`,
      );
}

/** `4.0` out of `4.0.1`; undefined for anything else. */
export const majorMinor = (version: string | undefined): string | undefined => /^(\d+\.\d+)(\.|$)/.exec(version ?? '')?.[1];
