import {
  type Answer,
  type CodeSystem,
  type Concept,
  type Contains,
  coreName,
  type Definitions,
  type Found,
  type Include,
  type ValueSet,
} from './definitions.ts';
import { filterCodes } from './terminology-filters.ts';

/** Membership of a value set. An undefined system asks for the code in any system (elements of type code). */
export type Member = (system: string | undefined, code: string) => Answer;

export interface Terminology {
  /** Membership of this value set; undefined when the value set itself is not loaded. */
  members(valueSet: string, from?: string): Member | undefined;
  /** Is the code defined in its own code system? */
  defined(system: string, code: string): Answer;
  /** Is this only a supplement to another code system, which is no system of codes itself? */
  supplement(system: string): boolean;
}

/** Currencies that this Node.js knows. One that it does not know may be newer than it. */
const currencies = new Set(Intl.supportedValuesOf('currency'));

/** Systems that no package lists are known by their shape. */
const grammars = new Map<string, { readonly shape: RegExp; readonly known?: ReadonlySet<string> }>([
  // x- and i- are for private and old languages.
  ['urn:ietf:bcp:47', { shape: /^(?:[A-Za-z]{2,8}|[xi](?=-))(-[A-Za-z0-9]{1,8})*$/i }],
  // FHIR takes its own short names for its formats, too.
  ['urn:ietf:bcp:13', { shape: /^([A-Za-z0-9!#$&^_.+*-]+\/[A-Za-z0-9!#$&^_.+*-]+(\s*;.*)?|json|xml|ttl)$/ }],
  ['urn:iso:std:iso:4217', { shape: /^[A-Z]{3}$/, known: currencies }],
]);

/** undefined: the system is none of those. */
function byShape(system: string): ((code: string) => Answer) | undefined {
  const grammar = grammars.get(system);
  return grammar && ((code) => grammar.shape.test(code) && (grammar.known === undefined || grammar.known.has(code) || undefined));
}

/** Answers kept at most: payloads name systems and codes as they like. */
const most = 4096;

/** Expands value sets in process, over what is loaded and no more. */
export function createTerminology(definitions: Definitions): Terminology {
  const sets = new Map<string, Member | undefined>();
  const systems = new Map<string, Codes | undefined>();
  const supplements = new Map<string, boolean>();
  const open = new Set<string>();

  function members(canonical: string, from?: string): Member | undefined {
    const key = `${canonical} ${from ?? ''}`;
    if (sets.has(key)) return sets.get(key);
    // A value set that includes itself adds nothing by doing so.
    if (open.has(key)) return () => false;
    open.add(key);
    const found = definitions.valueSet(canonical, from);
    const member = found && remember(memberOf(found.value, found.pack));
    open.delete(key);
    sets.set(key, member);
    return member;
  }

  function memberOf(set: ValueSet, pack: string): Member {
    if (set.compose === undefined) return set.contains === undefined ? () => undefined : fromExpansion(set.contains);
    const included = set.compose.include.map((each) => include(each, pack));
    const excluded = (set.compose.exclude ?? []).map((each) => include(each, pack));
    const composed: Member = (system, code) => and(any(included, system, code), not(any(excluded, system, code)));
    if (set.contains === undefined) return composed;
    // An expansion shipped with the set says yes where the systems behind its filters are not loaded.
    const expansion = fromExpansion(set.contains);
    return (system, code) => (expansion(system, code) === true ? true : composed(system, code));
  }

  function include(part: Include, pack: string): Member {
    const sets = (part.valueSet ?? []).map((each) => members(each, pack) ?? (() => undefined));
    const own = part.system === undefined ? undefined : systemPart(part.system, part, pack);
    const all = own ? [own, ...sets] : sets;
    return (system, code) => {
      let answer: Answer = all.length > 0;
      for (const each of all) {
        answer = and(answer, each(system, code));
        if (answer === false) return false;
      }
      return answer;
    };
  }

  function systemPart(system: string, part: Include, pack: string): Member {
    const within = codesOf(system, part, pack);
    return (asked, code) => (asked !== undefined && asked !== system ? false : within(code));
  }

  function codesOf(system: string, part: Include, pack: string): (code: string) => Answer {
    if (part.concept) {
      const listed = new Set(part.concept.map((each) => each.code));
      return (code) => listed.has(code);
    }
    const grammar = byShape(system);
    if (grammar && !part.filter) return grammar;
    const codes = codesIn(system, pack);
    if (!codes) return () => undefined;
    if (!part.filter) return codes.defined;
    return filterCodes(codes.system.concept, part.filter, codes.complete);
  }

  function codesIn(system: string, pack?: string): Codes | undefined {
    const key = pack === undefined ? system : `${system} ${pack}`;
    const known = systems.get(key);
    if (known !== undefined || systems.has(key)) return known;
    const found = definitions.codeSystem(system, pack);
    const codes = found && codesOfSystem(found.value, isDated(found));
    if (systems.size > most) systems.clear();
    systems.set(key, codes);
    return codes;
  }

  function supplement(system: string): boolean {
    const known = supplements.get(system);
    if (known !== undefined) return known;
    const found = definitions.codeSystem(system)?.value;
    const answer = found?.content === 'supplement' || found?.supplements !== undefined;
    // Payloads name what they like.
    if (supplements.size > most) supplements.clear();
    supplements.set(system, answer);
    return answer;
  }

  return {
    members,
    supplement,
    defined(system, code) {
      const grammar = byShape(system);
      return grammar ? grammar(code) : codesIn(system)?.defined(code);
    },
  };
}

interface Codes {
  readonly system: CodeSystem;
  readonly complete: boolean;
  readonly defined: (code: string) => Answer;
}

/** The HL7 terminology lives on after R4: the copy within R4 (2019) cannot say that a code does not exist. */
const isDated = ({ value, pack }: Found<CodeSystem>): boolean => pack === coreName && value.url.startsWith('http://terminology.hl7.org/');

function codesOfSystem(system: CodeSystem, dated: boolean): Codes | undefined {
  if (system.content === 'supplement') return undefined;
  const exact = new Set<string>();
  const folded = system.caseSensitive === false ? new Set<string>() : undefined;
  const walk = (concepts: readonly Concept[]): void => {
    for (const each of concepts) {
      exact.add(each.code);
      folded?.add(each.code.toLowerCase());
      if (each.concept) walk(each.concept);
    }
  };
  walk(system.concept);
  // Only a complete code system can say no.
  const unknown: Answer = system.content === 'complete' && !dated ? false : undefined;
  return { system, complete: unknown === false, defined: (code) => (exact.has(code) || folded?.has(code.toLowerCase()) === true ? true : unknown) };
}

function fromExpansion(contains: readonly Contains[]): Member {
  const known = new Set<string>();
  const walk = (entries: readonly Contains[]): void => {
    for (const each of entries) {
      if (each.code !== undefined && each.abstract !== true) {
        known.add(`${each.system ?? ''}|${each.code}`);
        known.add(`*|${each.code}`);
      }
      if (each.contains) walk(each.contains);
    }
  };
  walk(contains);
  return (system, code) => known.has(`${system ?? '*'}|${code}`);
}

/** Payloads repeat a few codes endlessly: the last answers are kept, within a bound. */
function remember(member: Member): Member {
  const known = new Map<string | undefined, Map<string, Answer>>();
  let size = 0;
  return (system, code) => {
    const before = known.get(system);
    const answered = before?.get(code);
    if (answered !== undefined || before?.has(code) === true) return answered;
    const answer = member(system, code);
    if (++size > most) {
      known.clear();
      size = 1;
    }
    const codes = known.get(system) ?? new Map<string, Answer>();
    known.set(system, codes.set(code, answer));
    return answer;
  };
}

const any = (members: readonly Member[], system: string | undefined, code: string): Answer => {
  let answer: Answer = false;
  for (const member of members) {
    const one = member(system, code);
    if (one === true) return true;
    if (one === undefined) answer = undefined;
  }
  return answer;
};
const and = (a: Answer, b: Answer): Answer => (a === false || b === false ? false : a === undefined || b === undefined ? undefined : true);
const not = (a: Answer): Answer => (a === undefined ? undefined : !a);
