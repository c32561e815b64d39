import { capabilityOf } from './capability.ts';
import type { Evidence } from './check.ts';
import { asString, at, literalReference } from './fhir.ts';
import { select } from './findings.ts';
import type { Json } from './json.ts';
import { memo } from './memo.ts';
import { sameBase } from './url.ts';

/** References that lead to the payer's own FHIR server, and those that lead elsewhere. */

/** Bases under which an absolute reference counts as the payer's: where we asked, and what its CapabilityStatement calls itself. */
export const basesOf = memo((evidence: Evidence): readonly string[] => {
  const asked = select(evidence, { step: 'metadata', probe: '*' }).map(({ request }) => request.url.replace(/\/metadata(\?.*)?$/, ''));
  const own = asString(at(capabilityOf(evidence), 'implementation', 'url'));
  return [...new Set([...asked, ...(evidence.target.fhir ? [evidence.target.fhir.base] : []), ...(own === undefined ? [] : [own])])];
});

/** The part of a literal reference or fullUrl before `Type/id`; undefined when it is relative, or no literal reference. */
export const baseIn = (reference: Json | undefined): string | undefined =>
  /^(https?:\/\/.+)\/[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]+)?$/.exec(asString(reference) ?? '')?.[1];

/** `Patient/123` out of a reference to one of these servers, relative or absolute; an absolute URL names a resource on that very server (R4 references.html#literal). */
export function ownReference(reference: Json | undefined, bases: readonly string[]): string | undefined {
  const base = baseIn(reference);
  return base === undefined || bases.some((each) => sameBase(each, base)) ? literalReference(reference) : undefined;
}
