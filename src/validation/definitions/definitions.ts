import type { Json } from '../../core/model.ts';
import type { Entry, Pack } from '../packages/pack.ts';

/** The parts of a StructureDefinition that are compiled; see packages/slim.ts. */
export interface StructureDefinition {
  readonly url: string;
  readonly version?: string;
  readonly name?: string;
  readonly type: string;
  readonly kind: string;
  readonly abstract?: boolean;
  readonly baseDefinition?: string;
  readonly derivation?: string;
  readonly fhirVersion?: string;
  readonly context?: readonly { readonly type: string; readonly expression: string }[];
  /** Absent when the package gives a differential only. */
  readonly element?: readonly ElementDefinition[];
}

export interface TypeRef {
  readonly code: string;
  readonly profile?: readonly string[];
  readonly targetProfile?: readonly string[];
  readonly aggregation?: readonly string[];
}

export interface Constraint {
  readonly key: string;
  readonly severity: string;
  readonly human?: string;
  readonly expression?: string;
}

export interface ElementDefinition {
  readonly id: string;
  readonly path: string;
  readonly sliceName?: string;
  readonly min?: number;
  readonly max?: string;
  readonly base?: { readonly path: string; readonly min: number; readonly max: string };
  readonly contentReference?: string;
  readonly type: readonly TypeRef[];
  readonly maxLength?: number;
  readonly mustSupport?: boolean;
  readonly constraint?: readonly Constraint[];
  readonly binding?: { readonly strength: string; readonly valueSet?: string; readonly max?: string };
  readonly slicing?: {
    readonly discriminator?: readonly { readonly type: string; readonly path: string }[];
    readonly rules?: string;
    readonly ordered?: boolean;
  };
  /** fixed[x], pattern[x], minValue[x], maxValue[x]. */
  readonly [key: string]: unknown;
}

/** Is the code in? `undefined`: what is loaded here cannot tell. */
export type Answer = boolean | undefined;

export interface Concept {
  readonly code: string;
  readonly concept?: readonly Concept[];
  readonly property?: readonly { readonly code: string; readonly [value: string]: Json }[];
}

export interface CodeSystem {
  readonly url: string;
  readonly version?: string;
  readonly content: string;
  readonly supplements?: string;
  readonly caseSensitive?: boolean;
  readonly concept: readonly Concept[];
}

export interface Contains {
  readonly system?: string;
  readonly code?: string;
  readonly abstract?: boolean;
  readonly contains?: readonly Contains[];
}

export interface Include {
  readonly system?: string;
  readonly concept?: readonly { readonly code: string }[];
  readonly filter?: readonly { readonly property: string; readonly op: string; readonly value: string }[];
  readonly valueSet?: readonly string[];
}

export interface ValueSet {
  readonly url: string;
  readonly version?: string;
  readonly compose?: { readonly include: readonly Include[]; readonly exclude?: readonly Include[] };
  readonly contains?: readonly Contains[];
}

/** A conformance resource and the package it came from, within which its own references are resolved first. */
export interface Found<T> {
  readonly value: T;
  readonly pack: string;
}

/** Everything loaded, by canonical. */
export interface Definitions {
  readonly packs: readonly Pack[];
  /** Exact version when the canonical names one; else what `from` (`id#version`) itself or its dependencies hold; else the highest. */
  structure(canonical: string, from?: string): Found<StructureDefinition> | undefined;
  valueSet(canonical: string, from?: string): Found<ValueSet> | undefined;
  codeSystem(canonical: string, from?: string): Found<CodeSystem> | undefined;
  /** Definition of a type by name. */
  type(name: string): Found<StructureDefinition> | undefined;
  /** Profiles that a loaded guide lays on every resource of this type (ImplementationGuide.global). */
  globals(type: string): readonly string[];
  /** Versions loaded of a canonical, for messages. */
  versions(url: string): readonly string[];
}

interface Place {
  readonly pack: Pack;
  readonly entry: Entry;
}

const mostRecalled = 4096;

/** Base R4. */
export const coreName = 'hl7.fhir.r4.core#4.0.1';

/** Indexes packs; resources are parsed when first asked for. Earlier packs win among equals. */
export function createDefinitions(packs: readonly Pack[]): Definitions {
  const byUrl = new Map<string, Place[]>();
  for (const pack of packs) {
    for (const entry of pack.entries) {
      const key = `${entry.kind} ${entry.url}`;
      const places = byUrl.get(key);
      if (places) places.push({ pack, entry });
      else byUrl.set(key, [{ pack, entry }]);
    }
  }
  const read = new Map<Entry, Found<unknown>>();

  function find<T>(kind: Entry['kind'], canonical: string, from?: string): Found<T> | undefined {
    const [url = '', version] = canonical.split('#')[0]?.split('|') ?? [];
    const places = byUrl.get(`${kind} ${url}`);
    if (!places) return undefined;
    const place = version === undefined ? choose(places, from) : (places.find((each) => each.entry.version === version) ?? partial(places, version));
    if (!place) return undefined;
    let found = read.get(place.entry);
    if (!found) {
      found = { value: place.pack.read(place.entry), pack: place.pack.name };
      read.set(place.entry, found);
    }
    return found as Found<T>;
  }

  function choose(places: readonly Place[], from: string | undefined): Place | undefined {
    if (places.length === 1) return places[0];
    if (from === undefined) return highest(places.filter((each) => each.pack.name !== coreName)) ?? highest(places);
    const dependencies = packs.find((pack) => pack.name === from)?.dependencies ?? {};
    return (
      places.find((each) => each.pack.name === from) ??
      places.find((each) => Object.entries(dependencies).some(([id, version]) => each.pack.name === `${id}#${version}`)) ??
      highest(places)
    );
  }

  /** Asked for every resource and every extension, by the same few names. Payloads name what they like. */
  const structures = new Map<string, Found<StructureDefinition> | undefined>();
  const types = new Map<string, Found<StructureDefinition> | undefined>();
  function recalled<T>(known: Map<string, T>, name: string, look: () => T): T {
    const before = known.get(name);
    if (before !== undefined || known.has(name)) return before as T;
    if (known.size > mostRecalled) known.clear();
    const found = look();
    known.set(name, found);
    return found;
  }

  let globals: ReadonlyMap<string, readonly string[]> | undefined;
  function readGlobals(): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, readonly string[]>();
    for (const pack of packs)
      for (const entry of pack.entries) {
        if (entry.kind !== 'ImplementationGuide') continue;
        const guide = pack.read(entry) as { readonly global?: readonly { readonly type: string; readonly profile: string }[] };
        for (const { type, profile } of guide.global ?? []) found.set(type, [...(found.get(type) ?? []), profile]);
      }
    return found;
  }

  return {
    packs,
    globals(type) {
      globals ??= readGlobals();
      return globals.get(type) ?? [];
    },
    structure: (canonical, from) =>
      from === undefined
        ? recalled(structures, canonical, () => find('StructureDefinition', canonical))
        : find('StructureDefinition', canonical, from),
    valueSet: (canonical, from) => find('ValueSet', canonical, from),
    // R4 bundles old copies of the HL7 terminology: a package of its own is always newer, whatever its version number looks like.
    codeSystem: (canonical, from) => find('CodeSystem', canonical, from === coreName ? undefined : from),
    type: (name) => recalled(types, name, () => find('StructureDefinition', `http://hl7.org/fhir/StructureDefinition/${name}`, coreName)),
    versions: (url) => (byUrl.get(`StructureDefinition ${url}`) ?? []).map((each) => each.entry.version),
  };
}

/** `6.1` finds 6.1.0: canonicals may give the leading parts only. */
const partial = (places: readonly Place[], version: string): Place | undefined =>
  highest(places.filter((each) => each.entry.version.startsWith(`${version}.`)));

function highest(places: readonly Place[]): Place | undefined {
  return places.reduce<Place | undefined>((best, each) => (best && compare(best.entry.version, each.entry.version) >= 0 ? best : each), undefined);
}

/** Orders dotted versions number by number; a pre-release comes before its release. */
export function compare(a: string, b: string): number {
  const [left = '', leftTag] = a.split(/-(.*)/);
  const [right = '', rightTag] = b.split(/-(.*)/);
  const [x, y] = [left.split('.').map(Number), right.split('.').map(Number)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return leftTag === rightTag ? 0 : leftTag === undefined ? 1 : rightTag === undefined ? -1 : leftTag < rightTag ? -1 : 1;
}
