import { messageOf } from '../core/message.ts';
import type { Issue, Json } from '../core/model.ts';
import { createDefinitions } from './definitions/definitions.ts';
import { createTerminology } from './definitions/terminology.ts';
import { type Parsed, parseGuarded } from './guard.ts';
import { basePacks } from './packages/base.ts';
import { packageFolder } from './packages/folders.ts';
import type { Pack } from './packages/pack.ts';
import { openPackage } from './packages/store.ts';
import type { Compiler } from './profile/index.ts';
import { checkResource, claimsOf, createCompiler, createContext, Halt } from './profile/index.ts';
import { createShapeGate, type ShapeGate } from './shape.ts';

/** The in-process tiers, behind one port. */
export interface Validator {
  /** `id#version` of every package that judges, in order. */
  readonly packages: readonly string[];
  /** Why packages that were asked for are not among them. */
  readonly absent: readonly string[];
  readonly compiler: Compiler;
  /**
   * Validates a resource against these profiles, or its base type when none is given. Profiles it claims itself count only if named here (see claimsOf).
   * Never throws for bad payloads: what cannot be decided is an issue of severity `not-verifiable`.
   */
  validate(resource: Json, profiles?: readonly string[]): readonly Issue[];
  /** Like validate, from the text: finds duplicate keys, lone surrogates and depth as well. Profiles default to those the resource claims. */
  validateText(text: string, profiles?: readonly string[]): readonly Issue[];
  /** Why this profile cannot be applied; undefined when it can. */
  refusal(profile: string): string | undefined;
}

export interface ValidatorOptions {
  /** `id#version` in the cache or paths of .tgz files. One that cannot be opened is listed in `absent`. */
  readonly packages?: readonly string[];
  readonly cache?: string;
  /** Tier 0 as a gate before tier 1. Default true. */
  readonly shape?: boolean;
}

/** Opens the packages (base R4 and US Core 5.0.1 always) and makes a validator. Profiles are compiled when first used. */
export function createValidator(options: ValidatorOptions = {}): Validator {
  const cache = packageFolder(options.cache);
  const packs: Pack[] = [...basePacks()];
  const absent: string[] = [];
  for (const name of options.packages ?? []) {
    try {
      packs.push(openPackage(name, cache));
    } catch (cause) {
      absent.push(messageOf(cause));
    }
  }
  return validatorOf(packs, absent, options.shape ?? true);
}

/** A validator over packs that are open already. */
export function validatorOf(packs: readonly Pack[], absent: readonly string[] = [], shape = true): Validator {
  const definitions = createDefinitions(packs);
  const compiler = createCompiler(definitions, createTerminology(definitions));
  const gate: ShapeGate = createShapeGate();

  function validate(resource: Json, profiles: readonly string[] = [], written?: Parsed['written']): readonly Issue[] {
    const at = createContext(resource, '', written);
    try {
      checkResource(resource, at, profiles, compiler);
    } catch (cause) {
      at.issues.push(halted(cause));
    }
    const found = distinctIssues(at.issues);
    // The gate repeats what tier 1 says more exactly, so it only speaks where tier 1 found nothing.
    if (!shape || found.some((each) => each.severity === 'error' || each.rule === 'limit')) return found;
    return [...gate.check(resource), ...found];
  }

  return {
    packages: packs.map((pack) => pack.name),
    absent,
    compiler,
    validate: (resource, profiles) => validate(resource, profiles),
    validateText(text, profiles) {
      const { value, issues, written } = parseGuarded(text);
      return value === undefined ? issues : [...issues, ...validate(value, profiles ?? claimsOf(value), written)];
    },
    refusal(canonical) {
      const profile = compiler.profile(canonical);
      return typeof profile === 'string' ? profile : undefined;
    },
  };
}

function halted(cause: unknown): Issue {
  const limit = cause instanceof Halt || cause instanceof RangeError;
  return {
    severity: 'not-verifiable',
    rule: limit ? 'limit' : 'defect',
    expression: '',
    text: limit ? `not verifiable: ${messageOf(cause)}.` : `not verifiable: our bug (${messageOf(cause)}). Please report it.`,
    tier: 1,
  };
}

/** Several profiles repeat the rules of their base; each finding is kept once, under the first profile that made it. */
function distinctIssues(issues: readonly Issue[]): readonly Issue[] {
  if (issues.length < 2) return issues;
  const seen = new Map<string, Issue[]>();
  return issues.filter((each) => {
    const here = seen.get(each.expression);
    if (here === undefined) seen.set(each.expression, [each]);
    else if (here.some((other) => other.text === each.text && other.rule === each.rule && other.severity === each.severity)) return false;
    else here.push(each);
    return true;
  });
}

export { claimsOf };
