import { XMLParser } from 'fast-xml-parser';
import { asArray, asString, at } from '../core/fhir.ts';
import type { Json, Known } from '../core/model.ts';
import type { Enricher } from './enricher.ts';

/** Documents beyond this many characters are not parsed: a payer must not be able to keep us busy. */
const longest = 20 * 2 ** 20;

/** No entity is ever expanded, inside or outside the document: a bomb stays as it was sent. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  processEntities: false,
  removeNSPrefix: false,
  parseTagValue: false,
  parseAttributeValue: false,
});

/**
 * Facts of an XML document: `ccda.root`, `ccda.namespace`, `ccda.recordTarget` (`member`, `other`, `contradicts` or `unclear`) and `ccda.problem` when it could not be read.
 * Who the document is about is compared here, on the raw text, because what is stored may be pseudonymised.
 * Source: http://hl7.org/cda/us/ccda/
 */
export const ccdaEnricher: Enricher = ({ step, response, probe }, known) => {
  if (step !== 'binary' || probe !== undefined || !response || response.status !== 200 || !/xml/.test(response.headers['content-type'] ?? ''))
    return {};
  const { body } = response;
  if (body.length > longest) return { facts: { 'ccda.problem': `longer than our limit of ${longest} characters`, 'ccda.limit': true } };
  // Read as UTF-8, a mark of another encoding is two characters that are none.
  if (/^\uFFFD\uFFFD|^.?\u0000/.test(body)) return { facts: { 'ccda.problem': 'it is not in UTF-8, which is all that we read', 'ccda.limit': true } };
  if (/<!DOCTYPE|<!ENTITY/i.test(body))
    return { facts: { 'ccda.problem': 'it has a DOCTYPE or ENTITY declaration, which C-CDA does not use and we do not read' } };
  const declared = /^\uFEFF?<\?xml[^>]*\sencoding\s*=\s*["']([\w.-]+)["']/.exec(body)?.[1];
  // The body was read as UTF-8; where it still is text, its bytes are no others. A charset of the media type would overrule the declaration.
  if (declared !== undefined && /^(?:utf-?(?:16|32)|ucs|iso-10646-ucs)/i.test(declared) && !/charset/i.test(response.headers['content-type'] ?? ''))
    return {
      facts: { 'ccda.problem': `it declares the encoding ${declared.slice(0, 20)}, but its bytes are UTF-8: a fatal error (XML 1.0, 4.3.3)` },
    };
  try {
    const tree = parser.parse(body, true) as Json;
    const root = Object.keys(tree as object).find((name) => !name.startsWith('?')) ?? '';
    const document = at(tree, root);
    const prefix = root.includes(':') ? `${root.split(':')[0]}` : undefined;
    const namespace = asString(at(document, prefix === undefined ? '@xmlns' : `@xmlns:${prefix}`)) ?? '';
    return { facts: { 'ccda.root': root.split(':').at(-1) ?? '', 'ccda.namespace': namespace, 'ccda.recordTarget': whose(document, prefix, known) } };
  } catch (cause) {
    return { facts: { 'ccda.problem': `not well-formed XML: ${(cause as Error).message.slice(0, 200)}` } };
  }
};

const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
const one = (value: Json | undefined): Json | undefined => (Array.isArray(value) ? value[0] : value);
const textOf = (value: Json | undefined): string => asString(one(value)) ?? asString(at(one(value), '#text')) ?? '';

/** A member number, and birth date and family name besides, must agree; where one of them is the member's and the other somebody else's, that is a contradiction. */
function whose(document: Json | undefined, prefix: string | undefined, { target }: Known): 'member' | 'other' | 'contradicts' | 'unclear' {
  const name = (local: string) => (prefix === undefined ? local : `${prefix}:${local}`);
  const role = one(at(one(at(document, name('recordTarget'))), name('patientRole')));
  const person = target.members.known?.patient;
  if (role === undefined || person === undefined) return 'unclear';
  const patient = one(at(role, name('patient')));
  const born = asString(at(one(at(patient, name('birthTime'))), '@value'))?.slice(0, 8);
  const names = [at(patient, name('name'))]
    .flat()
    .map((each) => fold(textOf(at(each ?? null, name('family')))))
    .filter((each) => each !== '');
  const family = asArray(at(person, 'name'))
    .map((each) => fold(asString(at(each, 'family')) ?? ''))
    .filter((each) => each !== '');
  const numbers = new Set(asArray(at(person, 'identifier')).map((each) => asString(at(each, 'value'))));
  const ids = [at(role, name('id'))].flat().map((each) => asString(at(each ?? null, '@extension')));
  const birthDate = asString(at(person, 'birthDate'))?.replaceAll('-', '');
  const byNumber = ids.some((id) => id !== undefined && numbers.has(id));
  const otherDate = born !== undefined && birthDate !== undefined && born.length >= birthDate.length && born !== birthDate;
  const otherName = names.length > 0 && family.length > 0 && !names.some((each) => family.includes(each));
  if (byNumber) return otherDate || otherName ? 'contradicts' : 'member';
  if (born === undefined || names.length === 0) return 'unclear';
  return born === birthDate && !otherName ? 'member' : 'other';
}
