import type { Issue, Json } from '../../core/model.ts';
import type { Definitions, Found, StructureDefinition } from '../definitions/definitions.ts';
import { resourceTypes } from '../definitions/resource-types.ts';
import type { Terminology } from '../definitions/terminology.ts';
import { type Choices, isElement, listOf } from '../fhirpath/index.ts';
import { ancestors } from './ancestors.ts';
import { isMember } from './bindings.ts';
import { bundleIndex, checkBundle } from './bundles.ts';
import { choicesOf } from './choices.ts';
import { type Checker, type Context, enter, report } from './context.ts';
import { containedChecker } from './datatypes.ts';
import { elementCompiler } from './element.ts';
import { impliedProfiles } from './implied.ts';
import type { Compiler, Profile } from './model.ts';
import { isSubset } from './subset.ts';
import { treeOf } from './tree.ts';

export function createCompiler(definitions: Definitions, terminology: Terminology): Compiler {
  const made = new Map<StructureDefinition, Profile | string>();
  const choices: Choices = { ...choicesOf(definitions), memberOf: (value, valueSet) => isMember(value, terminology.members(valueSet)) };
  const compiler: Compiler = {
    definitions,
    terminology,
    profile(canonical, from) {
      const found = definitions.structure(canonical, from);
      return found ? ofDefinition(found) : absent(canonical);
    },
    type(name) {
      const found = definitions.type(name);
      const profile = found && ofDefinition(found);
      return typeof profile === 'string' ? undefined : profile;
    },
  };
  const compileElement = elementCompiler(compiler, choices, nested);

  function absent(canonical: string): string {
    const versions = definitions.versions(canonical.split('|')[0] ?? canonical);
    return versions.length === 0
      ? `${canonical} is in no loaded package`
      : `${canonical} is not loaded in that version (loaded: ${versions.join(', ')})`;
  }

  function ofDefinition({ value: definition, pack }: Found<StructureDefinition>): Profile | string {
    const known = made.get(definition);
    if (known !== undefined) return known;
    const canonical = definition.version === undefined ? definition.url : `${definition.url}|${definition.version}`;
    const refused = refusal(definition, canonical);
    const root = refused === undefined ? treeOf(definition) : undefined;
    if (refused !== undefined || !root) {
      const reason = refused ?? `${canonical} has an empty snapshot`;
      made.set(definition, reason);
      return reason;
    }
    const limits = new Set<string>();
    let body: Checker | undefined;
    // Compiled at first use: definitions refer to each other in circles.
    const inner: Checker = (value, at) => {
      body ??= compileElement.root(root, definition, pack, limits);
      body(value, at);
    };
    const isResource = definition.kind === 'resource';
    const profile: Profile = { canonical, definition, pack, root, limits, check: isResource ? resourceChecker(definition, canonical, inner) : inner };
    made.set(definition, profile);
    return profile;
  }

  function refusal(definition: StructureDefinition, canonical: string): string | undefined {
    const { fhirVersion, element, kind } = definition;
    if (fhirVersion !== undefined && !fhirVersion.startsWith('4.0'))
      return `${canonical} is made for FHIR ${fhirVersion}, and these payloads are R4 (4.0.1)`;
    if (kind === 'logical') return `${canonical} is a logical model, which no resource claims`;
    if (element === undefined) return `${canonical} has a differential but no snapshot; use a package published with snapshots`;
    return circle(definition) ? `${canonical} is its own ancestor` : undefined;
  }

  function circle(definition: StructureDefinition): boolean {
    const seen = new Set<string>();
    for (
      let here: StructureDefinition | undefined = definition;
      here?.baseDefinition !== undefined;
      here = definitions.structure(here.baseDefinition)?.value
    ) {
      if (seen.has(here.url)) return true;
      seen.add(here.url);
    }
    return false;
  }

  /** A resource inside another (contained, Bundle entry, parameter): its type's rules and those of the profiles it claims. */
  function nested(value: Json, at: Context, contained: boolean): void {
    const kept = { resource: at.resource, root: at.root };
    if (!contained) at.root = value;
    checkResource(value, at, claimsOf(value), compiler);
    at.resource = kept.resource;
    at.root = kept.root;
  }
  return compiler;
}

/** Profiles that a resource says it follows. A subset says that it is incomplete: its claims do not count against it. */
export function claimsOf(value: Json): readonly string[] {
  const meta = isElement(value) ? value['meta'] : undefined;
  if (!isElement(meta) || isSubset(value)) return [];
  return listOf(meta['profile']).filter((each) => typeof each === 'string');
}

/** Applies these profiles, or the base type where none of them is for this type. Profiles that are refused leave a *not verifiable* issue. */
export function checkResource(value: Json, at: Context, profiles: readonly string[], compiler: Compiler): void {
  const type = isElement(value) ? value['resourceType'] : undefined;
  if (typeof type !== 'string') {
    report(at, 'error', 'resource', 'A resource has a resourceType.');
    return;
  }
  const base = compiler.type(type);
  if (!base || !resourceTypes.has(type)) {
    report(at, 'error', 'resource', `${type.slice(0, 64)} is no FHIR R4 resource type.`);
    return;
  }
  const start = at.issues.length;
  let covered = false;
  for (const canonical of new Set([...profiles, ...(isSubset(value) ? [] : [...impliedProfiles(value), ...compiler.definitions.globals(type)])])) {
    const profile = compiler.profile(canonical);
    if (typeof profile === 'string') {
      report(at, 'not-verifiable', 'profile', `${profile}.`);
    } else if (profile.definition.type !== type && !ancestors(base.definition, compiler.definitions).includes(profile.definition.type)) {
      report(at, 'error', 'profile', `${profile.canonical} is for ${profile.definition.type}, but this is a ${type}.`);
    } else {
      profile.check(value, at);
      covered ||= profile.definition.type === type;
    }
  }
  if (!covered) base.check(value, at);
  else if (at.issues.slice(start).some((issue) => issue.severity === 'error')) attribute(value, at, start, base);
}

/** Tells the rules of R4 itself from those that a profile adds: what the base type finds as well is reported under the base type. */
function attribute(value: Json, at: Context, start: number, base: Profile): void {
  const key = (issue: Issue): string => `${issue.severity} ${issue.rule} ${issue.expression}`;
  const kept = at.issues;
  at.issues = [];
  try {
    base.check(value, at);
    const own = new Set(at.issues.map(key));
    for (let i = start; i < kept.length; i++) {
      const issue = kept[i];
      if (issue && own.has(key(issue))) kept[i] = { ...issue, profile: base.canonical };
    }
  } finally {
    at.issues = kept;
  }
}

function resourceChecker(definition: StructureDefinition, canonical: string, inner: Checker): Checker {
  return (value, at) => {
    const type = isElement(value) ? value['resourceType'] : undefined;
    if (type !== definition.type && definition.abstract !== true) {
      report(
        at,
        'error',
        'profile',
        `${canonical} is for ${definition.type}, but this is ${typeof type === 'string' ? `a ${type.slice(0, 64)}` : 'no resource'}.`,
      );
      return;
    }
    const active = at.active.get(value) ?? new Set<string>();
    if (active.has(canonical)) return;
    active.add(canonical);
    at.active.set(value, active);
    const kept = { profile: at.profile, resource: at.resource, bundle: at.bundle, subset: at.subset, transaction: at.transaction };
    const top = at.depth === 0;
    if (top) enter(at, definition.type, -1);
    at.profile = canonical;
    at.resource = value;
    at.subset = isSubset(value);
    if (definition.type === 'Bundle') {
      at.bundle = bundleIndex(value);
      checkBundle(value, at);
      at.transaction = isElement(value) && (value['type'] === 'transaction' || value['type'] === 'batch');
    }
    containedChecker(value, at);
    inner(value, at);
    at.profile = kept.profile;
    at.resource = kept.resource;
    at.bundle = kept.bundle;
    at.subset = kept.subset;
    at.transaction = kept.transaction;
    if (top) at.depth--;
    active.delete(canonical);
  };
}
