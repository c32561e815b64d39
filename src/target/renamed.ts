import { isObject, type JsonObject } from '../core/fhir.ts';
import { guides } from '../core/guides.ts';
import type { Json } from '../core/model.ts';

/** Target files and runs from before names were changed: read for one version more, with a notice. Pure. */

type Path = readonly string[];

/** Old and new names of the properties of one part. */
const within = (part: Path, names: Readonly<Record<string, string>>): readonly (readonly [from: Path, to: Path])[] =>
  Object.entries(names).map(([from, to]) => [
    [...part, from],
    [...part, to],
  ]);

/** Old path, new path: the value moves as it is. */
const moved: readonly (readonly [from: Path, to: Path])[] = [
  ...within([], { fixtures: 'knownResources', floor: 'minVerified' }),
  ...within(['knownResources'], { 'foreign.binary': 'notAttributed.binary', 'foreign.document': 'notAttributed.document' }),
  ...within(['validation'], { authority: 'hl7Validator' }),
  ...within(['bulk'], { keep: 'storedBytes', hooks: 'controls', switchable: 'controlled', candidate: 'memberToAdd' }),
  ...within(['bulk', 'lists'], { confirm: 'toConfirm' }),
  ...within(['members'], { twin: 'multipleMatch', foreign: 'notAttributed', history: 'largeRecord', nearMiss: 'similar' }),
  [
    ['crd', 'version'],
    ['guides', guides.crd.id],
  ],
  [
    ['udap', 'version'],
    ['guides', guides.udap.id],
  ],
  ...within(['agreement', 'limits'], { 'crd.warm': 'crd.other', 'crd.cold': 'crd.appointment-book' }),
];

/** What a property of this path is called today; undefined where its name has not changed. */
export const newNameOf = (path: string): string | undefined => moved.find(([from]) => from.join('.') === path)?.[1].join('.');

/** The value under its new names, and one sentence for each that was found under an old one. */
export function withNewNames(value: Json): { readonly value: Json; readonly notices: readonly string[] } {
  if (!isObject(value)) return { value, notices: [] };
  const notices: string[] = [];
  let now: JsonObject = value;
  for (const [from, to] of moved) {
    const found = at(now, from);
    if (found === undefined) continue;
    notices.push(`"${from.join('.')}" is now called "${to.join('.')}"`);
    now = put(put(now, from, undefined), to, found);
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
