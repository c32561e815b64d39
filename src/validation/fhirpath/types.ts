import type { Evaluate } from './env.ts';
import { type Ast, Unsupported } from './parse.ts';
import { type Choices, type Collection, empty, Failed, HandOver, isElement, members, single, truth } from './values.ts';

/** Types that count as another one, too (https://hl7.org/fhir/R4/datatypes.html). */
const specialised: Readonly<Record<string, readonly string[]>> = {
  Quantity: ['Age', 'Count', 'Distance', 'Duration'],
  string: ['code', 'id', 'markdown'],
  uri: ['url', 'canonical', 'oid', 'uuid'],
  integer: ['positiveInt', 'unsignedInt'],
};

export interface TypeTest {
  readonly on: Ast;
  readonly op: 'is' | 'as' | 'ofType';
  readonly type: string;
  /** What the choice element belongs to, where `on` names one. */
  readonly parent: Evaluate | undefined;
  readonly choices: Choices;
  readonly focusType: string | undefined;
  readonly from: () => Evaluate;
}

/** `is`, `as` and `ofType` of a choice element, of the focus itself, or of resources. @throws Unsupported where JSON does not tell the type. */
export function typed({ on, op, type, parent, choices, focusType, from }: TypeTest): Evaluate {
  const names = [type, ...(specialised[type] ?? [])];
  const isDatatype = choices.types.get(suffixOf(type)) === type && type !== 'Element' && type !== 'BackboneElement';
  if (parent && on.kind === 'name') {
    if (!isDatatype) throw new Unsupported(`type ${type}`);
    return choice(parent, on.name, names, op, choices);
  }
  if (on.kind === 'special' && on.name === '$this' && focusType !== undefined && isDatatype) {
    const fits = names.includes(focusType);
    return (focus, env) => {
      // Deeper in the expression, $this is something else.
      if (focus.some((each) => each !== env.context)) throw new HandOver('the type of $this');
      return op === 'is' ? (focus.length === 0 ? empty : truth(fits)) : fits ? focus : empty;
    };
  }
  if (!/^[A-Z]/.test(type) || choices.types.has(type)) throw new Unsupported(`${op} ${type}`);
  const items = from();
  const isOne = (each: Collection[number]): boolean => {
    if (!isElement(each) || typeof each['resourceType'] !== 'string') throw new HandOver(`the type of an element`);
    return each['resourceType'] === type;
  };
  return (focus, env) => {
    const found = items(focus, env);
    if (op === 'ofType') return found.filter(isOne);
    const item = single(found);
    if (item === undefined) return empty;
    return op === 'is' ? truth(isOne(item)) : isOne(item) ? found : empty;
  };
}

function choice(parent: Evaluate, name: string, types: readonly string[], op: TypeTest['op'], choices: Choices): Evaluate {
  const keys = types.map((type) => `${name}${suffixOf(type)}`);
  return (focus, env) => {
    // The value of a primitive has no type of FHIR.
    const parents = parent(focus, env).filter(isElement);
    // Elsewhere the same name is no choice: `Patient.name` beside `ResearchElementDefinition.subject[x]`.
    if (parents.some((each) => each[name] !== undefined || each[`_${name}`] !== undefined)) throw new HandOver(`the type of ${name}`);
    const all = members(parents, name, choices);
    const found = keys.flatMap((key) => members(parents, key, choices));
    if (op === 'ofType') return found;
    if (all.length > 1) throw new Failed(`${all.length} items where one is needed`);
    return op === 'is' ? (all.length === 0 ? empty : truth(found.length > 0)) : found;
  };
}

const suffixOf = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1);
