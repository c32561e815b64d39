import type { ErrorObject } from 'ajv';
import { distance } from 'fastest-levenshtein';

/** What is wrong with a target file, a line each: where (JSON pointer), what was expected, what was seen, what was perhaps meant. */
export function describeProblems(errors: readonly ErrorObject[], value: unknown): readonly string[] {
  // A value that fits none of several forms is reported once per form; the form errors say more than "must match exactly one".
  const telling = errors.filter((error) => !['oneOf', 'anyOf', 'if'].includes(error.keyword));
  return [...new Set((telling.length > 0 ? telling : errors).map((error) => inWords(error, value)))];
}

function inWords(error: ErrorObject, value: unknown): string {
  const where = error.instancePath === '' ? 'the top level' : error.instancePath;
  const params = error.params as Readonly<Record<string, unknown>>;
  const siblings = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(params['additionalProperty']);
      return `${where}: there is no property "${name}" here. ${nearest(name, siblings)}`;
    }
    case 'required':
      return `${where}: the property "${String(params['missingProperty'])}" is missing.`;
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String);
      return `${where}: expected one of ${allowed.join(', ')}; seen ${show(at(value, error.instancePath))}. ${nearest(String(at(value, error.instancePath)), allowed)}`;
    }
    case 'discriminator': {
      const forms = (error.parentSchema as { oneOf?: readonly { properties: { kind?: { const?: string } } }[] }).oneOf ?? [];
      const kinds = forms.flatMap((form) => form.properties.kind?.const ?? []);
      return `${where}/kind: expected one of ${kinds.join(', ')}; seen ${show(params['tagValue'])}. ${nearest(String(params['tagValue']), kinds)}`;
    }
    case 'minProperties':
    case 'maxProperties':
      return `${where}: expected exactly one of ${siblings.map((each) => `"${each}"`).join(' or ')}.`;
    default: {
      const meaning = (error.parentSchema as { description?: string } | undefined)?.description;
      return `${where}: ${error.message ?? error.keyword}; seen ${show(at(value, error.instancePath))}.${meaning === undefined ? '' : ` Expected: ${meaning}`}`;
    }
  }
}

function nearest(name: string, known: readonly string[]): string {
  const ranked = [...known].sort((a, b) => distance(name.toLowerCase(), a.toLowerCase()) - distance(name.toLowerCase(), b.toLowerCase()));
  const best = ranked[0];
  if (best !== undefined && distance(name.toLowerCase(), best.toLowerCase()) <= Math.max(2, name.length / 3)) return `Did you mean "${best}"?`;
  return known.length === 0 ? 'None is known here.' : `Known: ${known.join(', ')}.`;
}

function at(value: unknown, pointer: string): unknown {
  let here = value;
  for (const part of pointer.split('/').slice(1)) {
    here = (here as Readonly<Record<string, unknown>> | undefined)?.[part.replace(/~1/g, '/').replace(/~0/g, '~')];
  }
  return here;
}

/** A value cut short. Secrets never stand in a target file, but someone may have put one there: strings are shown by their first signs only. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 48 ? `${text.slice(0, 40)}…` : text;
}
