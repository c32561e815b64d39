import type { Json } from '../../core/model.ts';
import type { Answer, ElementDefinition } from '../definitions/definitions.ts';
import { bindingErrata } from '../definitions/errata.ts';
import type { Member, Terminology } from '../definitions/terminology.ts';
import { isElement, listOf } from '../fhirpath/index.ts';
import { type Checker, type Context, report } from './context.ts';
import { quote } from './primitives.ts';

type Strength = 'required' | 'extensible' | 'max';

/** Checks an element of this type against its bindings; undefined when none is strong enough to be broken. */
export function bindingChecker(def: ElementDefinition, type: string, terminology: Terminology, pack: string): Checker | undefined {
  const binding = correctedBinding(def.binding);
  if (!binding) return undefined;
  const checkers: Checker[] = [];
  // Of a preferred binding the greatest set says which codes may stand there, not that one must: words alone are what the HL7 engine takes as well.
  const mayLack = binding.strength !== 'required' && binding.strength !== 'extensible';
  if (binding.max !== undefined) checkers.push(one('max', binding.max, type, terminology, pack, mayLack));
  if (binding.valueSet !== undefined && (binding.strength === 'required' || binding.strength === 'extensible'))
    checkers.push(one(binding.strength, binding.valueSet, type, terminology, pack));
  if (checkers.length === 0) return undefined;
  return (value, at) => {
    for (const check of checkers) check(value, at);
  };
}

/** Weaker where the published strength is known to be wrong (errata.ts). */
function correctedBinding(binding: ElementDefinition['binding']): ElementDefinition['binding'] {
  const url = binding?.valueSet?.split('|')[0];
  const erratum = bindingErrata.find((each) => each.valueSet === url && each.published === binding?.strength);
  return binding && erratum ? { ...binding, strength: erratum.instead } : binding;
}

/** `mayLack`: an element without a code says nothing wrong. */
function one(
  strength: Strength,
  valueSet: string,
  type: string,
  terminology: Terminology,
  pack: string,
  mayLack = strength === 'extensible',
): Checker {
  let member: Member | undefined;
  let loaded = false;
  return (value, at) => {
    if (!loaded) {
      member = terminology.members(valueSet, pack);
      loaded = true;
    }
    const answer = membership(value, type, member ?? (() => undefined));
    if (answer !== true && !(mayLack && answer === 'none')) say(at, strength, valueSet, answer, value, member !== undefined);
  };
}

/** memberOf() of FHIRPath: no code at all is not in. */
export function isMember(value: Json, member: Member | undefined): Answer {
  if (!member) return undefined;
  const type = isElement(value) && value['coding'] !== undefined ? 'CodeableConcept' : 'Coding';
  const answer = membership(value, type, member);
  return answer === 'none' ? false : answer;
}

/** `none` = there is no code at all. */
function membership(value: Json, type: string, member: Member): Answer | 'none' {
  if (typeof value === 'string') return member(undefined, value);
  if (!isElement(value)) return 'none';
  if (type === 'CodeableConcept') {
    let answer: Answer | 'none' = 'none';
    for (const coding of listOf(value['coding'])) {
      const each = codeIn(coding, member);
      if (each === true) return true;
      if (each === undefined || answer === 'none') answer = each;
    }
    return answer;
  }
  return codeIn(value, member);
}

function codeIn(value: Json, member: Member): Answer | 'none' {
  if (!isElement(value)) return 'none';
  const { system, code } = value;
  if (typeof code !== 'string') return 'none';
  return member(typeof system === 'string' ? system : '', code);
}

function say(at: Context, strength: Strength, valueSet: string, answer: Answer | 'none', value: Json, loaded: boolean): void {
  const rule = `binding.${strength}`;
  const shown = quote(codesOf(value));
  if (answer === undefined) {
    const why = loaded ? 'a code system it draws from is not loaded' : 'it is not loaded';
    report(at, 'not-verifiable', rule, `${shown} cannot be checked against ${valueSet}: ${why}.`);
    return;
  }
  const severity = strength === 'extensible' ? 'warning' : 'error';
  report(at, severity, rule, answer === 'none' ? `A code from ${valueSet} is required, but none is given.` : `${shown} is not in ${valueSet}.`);
}

function codesOf(value: Json): Json {
  if (!isElement(value)) return value;
  const codings = isElement(value) && Array.isArray(value['coding']) ? (value['coding'] as readonly Json[]) : [value];
  return codings.map((each) => (isElement(each) ? `${String(each['system'] ?? '')}|${String(each['code'] ?? '')}` : '')).join(', ');
}

/** A code must exist in its own code system, whatever the binding. */
export function codingChecker(terminology: Terminology): Checker {
  return (value, at) => {
    if (!isElement(value)) return;
    const { system, code } = value;
    if (typeof system !== 'string') return;
    if (!/^[A-Za-z][\w+.-]*:/.test(system)) report(at, 'error', 'code.system', `Coding.system is an absolute URI, but this is ${quote(system)}.`);
    else if (terminology.supplement(system))
      report(at, 'error', 'code.system', `${system} only adds to another code system; codes belong to that one.`);
    else if (typeof code === 'string' && terminology.defined(system, code) === false)
      report(at, 'error', 'code.unknown', `${quote(code)} is not a code of ${system}.`);
  };
}
