import { isObject, type JsonObject } from '../core/fhir.ts';
import type { Json } from '../core/model.ts';

/** Target files and runs from before names were changed: read for one version more, with a notice. Pure. */

/** Old path, new path: the value moves as it is. */
const moved: readonly (readonly [from: string, to: string])[] = [
  ['fixtures', 'knownResources'],
  ['floor', 'minVerified'],
  ['validation.authority', 'validation.hl7Validator'],
  ['bulk.keep', 'bulk.storedBytes'],
  ['bulk.hooks', 'bulk.controls'],
  ['bulk.switchable', 'bulk.controlled'],
  ['bulk.candidate', 'bulk.memberToAdd'],
  ['bulk.lists.confirm', 'bulk.lists.toConfirm'],
];

/** The value under its new names, and one sentence for each that was found under an old one. */
export function withNewNames(value: Json): { readonly value: Json; readonly notices: readonly string[] } {
  if (!isObject(value)) return { value, notices: [] };
  const notices: string[] = [];
  let now: JsonObject = value;
  for (const [from, to] of moved) {
    const found = at(now, from.split('.'));
    if (found === undefined) continue;
    notices.push(`"${from}" is now called "${to}"`);
    now = put(put(now, from.split('.'), undefined), to.split('.'), found);
  }
  const { claims } = now;
  if (isObject(claims)) {
    notices.push('"claims" is now two parts: "guides" (by package id) and "statements" (everything else)');
    now = divided(now, claims);
  }
  return { value: now, notices };
}

/** `claims` held guides and other statements side by side. Statements that count were text. */
function divided({ claims: _old, ...rest }: JsonObject, claims: JsonObject): JsonObject {
  const entries = Object.entries(claims);
  const isGuide = ([name]: readonly [string, Json]): boolean => /^hl7\.fhir\./.test(name);
  const counted = ([name, said]: readonly [string, Json]): readonly [string, Json] => [
    name,
    typeof said === 'string' && /\.(samples|tries)$/.test(name) ? Number(said) : said,
  ];
  const part = (name: string, found: readonly (readonly [string, Json])[]): JsonObject => {
    const before = rest[name];
    return found.length === 0 ? {} : { [name]: { ...Object.fromEntries(found), ...(isObject(before) ? before : {}) } };
  };
  return {
    ...rest,
    ...part('guides', entries.filter(isGuide)),
    ...part('statements', entries.filter((each) => !isGuide(each)).map(counted)),
  };
}

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((found, name) => (isObject(found) ? found[name] : undefined), value);
}

/** A copy with this value at this path; undefined takes it out. What stands there already stays. */
function put(value: JsonObject, [name = '', ...rest]: readonly string[], what: Json | undefined): JsonObject {
  const { [name]: before, ...others } = value;
  if (rest.length === 0) return what === undefined ? others : { ...others, [name]: before ?? what };
  const inner = put(isObject(before) ? before : {}, rest, what);
  return { ...others, [name]: inner };
}
