import { messageOf } from '../../core/message.ts';
import { basePacks } from './base.ts';
import type { Entry, Pack } from './pack.ts';
import { listPackages, openPackage } from './store.ts';

/** One line of `ig list`. */
export interface Overview {
  readonly name: string;
  readonly builtIn: boolean;
  readonly profiles: number;
  readonly valueSets: number;
  readonly codeSystems: number;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** What is built in and what lies in the cache; a damaged package is a line, not an end. */
export function overview(cache: string): readonly Overview[] {
  return [
    ...basePacks().map((pack) => lineOf(pack, true)),
    ...listPackages(cache).map((name) => {
      try {
        return lineOf(openPackage(name, cache), false);
      } catch (cause) {
        return { name, builtIn: false, profiles: 0, valueSets: 0, codeSystems: 0, problem: messageOf(cause) };
      }
    }),
  ];
}

function lineOf(pack: Pack, builtIn: boolean): Overview {
  const count = (kind: Entry['kind']) => pack.entries.filter((entry) => entry.kind === kind).length;
  return {
    name: pack.name,
    builtIn,
    profiles: pack.entries.filter((entry) => entry.kind === 'StructureDefinition' && entry.base !== true).length,
    valueSets: count('ValueSet'),
    codeSystems: count('CodeSystem'),
  };
}
