import { isAscii, isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { isResource, type Resource } from '../core/fhir.ts';
import type { Issue, Json } from '../core/model.ts';
import { resourceTypes } from '../validation/definitions/resource-types.ts';
import type { Brief, SoundReader } from '../validation/sound.ts';
import type { Hide } from './hide.ts';
import { findEmpties, inspect, isId, judgeReference, membersOf, ownerOf, referencesIn, targetOf } from './inspect.ts';
import { addTypes, type Failure, mergeRules, type RuleCount, type Severity } from './result.ts';
import { type FileRule, fileRules } from './rules.ts';
import { strangerIn } from './strangers.ts';

/** Whole lines of one file. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly file: number;
  readonly type?: string;
  /** Number of the first line and offset of its first byte. */
  readonly line: number;
  readonly offset: number;
  /** The file ends here, without LF. */
  readonly unended: boolean;
}

/** What one block holds; adds up. */
export interface BlockResult {
  readonly bytes: number;
  readonly lines: number;
  readonly resources: number;
  readonly types: Readonly<Record<string, number>>;
  readonly rules: Readonly<Record<string, RuleCount>>;
  /** Ids and references for the reconciliation, as tab-separated lines. */
  readonly index: Index;
}

export interface Index {
  /** file, line, type, id, owner (`Patient/x` or empty), checksum of the line */
  readonly rows: string;
  /** file, line, target (`Type/id`); each target once per block */
  readonly refs: string;
  /** group, patient (`Patient/x`), inactive (0 or 1) */
  readonly members: string;
}

export interface LineRules {
  /** Settles without parsing what nothing is wrong with: where it answers, nothing in the line is empty and `validate` has nothing to say. Absent: none. */
  readonly sound?: SoundReader;
  /** What the schema or the profiles say about one resource. */
  readonly validate: (resource: Resource, text: string) => readonly Issue[];
  /** What else is said about a resource; where there is such a rule, every line is parsed. */
  readonly also?: (resource: Resource, text: string) => readonly Issue[];
  readonly keep: number;
  /** Keeps people out of what is said; absent: what is said is redacted later. */
  readonly hide?: Hide;
}

/** Reads every line of a block: text, structure, references. Never throws for what it finds in the data. */
export function readBlock(block: Block, { sound, validate, also, keep, hide }: LineRules): BlockResult {
  const found = new Map<string, { severity: Severity; count: number; first: Failure[] }>();
  const types = new Map<string, number>();
  const index = { rows: '', refs: '', members: '' };
  /** References that are in order. The same few recur in line after line, so each is judged once per block. */
  const known = new Set<string>();
  /** What the file is for, if that is a type of R4. */
  const usual = block.type !== undefined && resourceTypes.has(block.type) ? block.type : undefined;
  const bytes = Buffer.from(block.bytes.buffer, block.bytes.byteOffset, block.bytes.byteLength);
  // Most files are plain ASCII, which is the quickest to decode.
  const ascii = isAscii(bytes);
  const encoding = ascii ? 'latin1' : 'utf8';
  const clean = ascii || isUtf8(bytes);
  let lines = 0;
  let resources = 0;
  for (let from = 0; from < bytes.length; lines++) {
    const stop = bytes.indexOf(10, from);
    const end = stop < 0 ? bytes.length : stop;
    read(from, end, stop < 0 && block.unended);
    from = end + 1;
  }
  return {
    bytes: bytes.length,
    lines,
    resources,
    types: addTypes({}, Object.fromEntries(types)),
    rules: mergeRules({}, Object.fromEntries(found), keep),
    index,
  };

  function read(from: number, end: number, unended: boolean): void {
    const line = block.line + lines;
    const offset = block.offset + from;
    const tell: Tell = (rule, severity, text, expression) => {
      const sofar = found.get(rule) ?? { severity, count: 0, first: [] };
      found.set(rule, sofar);
      sofar.count++;
      if (sofar.first.length >= keep) return;
      const shown = (words: string): string => hide?.(words, bytes.toString('utf8', from, end)) ?? words;
      const place = expression ? { expression: shown(expression) } : {};
      sofar.first.push({ file: block.file, line, offset, text: shown(text), ...place });
    };
    const ours = (rule: FileRule, text: string): void => tell(rule, fileRules[rule].severity, text);
    let [start, stop] = [from, end];
    if (line === 1 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) {
      ours('line.bom', 'the file starts with a byte order mark (EF BB BF); expected the first resource');
      start += 3;
    }
    if (bytes[stop - 1] === 13) {
      if (!unended) ours('line.crlf', 'the line ends with CR LF; expected LF alone');
      stop--;
    }
    const stranger = line === 1 ? strangerIn(bytes.subarray(start, stop)) : undefined;
    if (stranger !== undefined) {
      ours('line.json', `${stranger}; expected one FHIR resource in JSON on each line, in UTF-8`);
      return;
    }
    if (!clean && !isUtf8(bytes.subarray(start, stop))) ours('line.utf8', `bytes that are not UTF-8; the line is read with U+FFFD in their place`);
    const own = bytes.subarray(start, stop);
    const brief = clean ? sound?.(bytes, start, stop, usual) : undefined;
    if (brief && also === undefined && isEnough(brief)) {
      judge({ value: brief.resource, own, line, references: brief.references, tell });
      return;
    }
    const text = bytes.toString(encoding, start, stop);
    const value = parsed(text, unended, ours);
    if (value === undefined) return;
    if (!isResource(value)) ours('resource.none', `${kindOf(value)}; expected an object with resourceType`);
    else judge({ value, own, line, references: brief?.references ?? referencesIn(text), tell, text, isSound: brief !== undefined });
  }

  /** Without `text`, the value is a sound one's brief. */
  function judge({ value, own, line, references, tell, text, isSound }: Line): void {
    resources++;
    const { resourceType } = value;
    const counted = resourceType === usual || resourceTypes.has(resourceType) ? resourceType : '(other)';
    types.set(counted, (types.get(counted) ?? 0) + 1);
    const ours = (rule: FileRule, what: string): void => tell(rule, fileRules[rule].severity, what);
    try {
      inspect(value, block.type, ours);
      follow(value, references, line, ours);
      if (text !== undefined) {
        if (!isSound) findEmpties(value, text, ours);
        for (const { severity, rule, text: what, expression } of [...(isSound ? [] : validate(value, text)), ...(also?.(value, text) ?? [])])
          if (severity !== 'information') tell(severity === 'not-verifiable' ? `unverified.${rule}` : rule, severity, what, expression);
      }
    } catch (cause) {
      // The schema's compiled code recurses as deep as the data does.
      if (!(cause instanceof RangeError)) throw cause;
      ours('resource.deep', 'nested deeper than we can follow');
    }
    if (counted === resourceType) note(value, line, own);
  }

  /** The checksum is of the bytes: a text would have to be encoded again. */
  function note(resource: Resource, line: number, own: Uint8Array): void {
    const id = resource['id'];
    if (isId(id)) index.rows += `${block.file}\t${line}\t${resource.resourceType}\t${id}\t${ownerOf(resource) ?? ''}\t${crc32(own)}\n`;
    if (resource.resourceType !== 'Group') return;
    for (const [patient, inactive] of membersOf(resource)) index.members += `${isId(id) ? id : ''}\t${patient}\t${inactive ? 1 : 0}\n`;
  }

  /** Judges references and notes where they lead. A roster also lists whom the export rightly leaves out: questions of their own compare its members. */
  function follow(resource: Resource, references: readonly string[], line: number, tell: (rule: FileRule, text: string) => void): void {
    for (const reference of references) {
      if (known.has(reference) || !judgeReference(reference, resource, tell)) continue;
      if (resource.resourceType === 'Group') continue;
      known.add(reference);
      const target = targetOf(reference);
      if (target !== undefined) index.refs += `${block.file}\t${line}\t${target}\n`;
    }
  }
}

/** One line that is a resource. */
interface Line {
  readonly value: Resource;
  readonly own: Uint8Array;
  readonly line: number;
  readonly references: readonly string[];
  readonly tell: Tell;
  readonly text?: string;
  readonly isSound?: boolean;
}

/** A Group's members and contained resources are not in a brief. */
const isEnough = ({ resource, references }: Brief): boolean => resource.resourceType !== 'Group' && !references.some((each) => each.startsWith('#'));

type Tell = (rule: string, severity: Severity, text: string, expression?: string) => void;

function parsed(text: string, unended: boolean, tell: (rule: FileRule, text: string) => void): Json | undefined {
  try {
    // A parser's exception for each of millions of empty lines takes minutes.
    if (text !== '') return JSON.parse(text) as Json;
    tell('line.blank', 'nothing on this line; expected one resource per line');
    return undefined;
  } catch (cause) {
    if (text.trim() === '') tell('line.blank', 'nothing on this line; expected one resource per line');
    else brokenLine(text, (cause as Error).message, unended, tell);
    return undefined;
  }
}

const kindOf = (value: Json): string => {
  if (Array.isArray(value)) return `an array of ${value.length}, where several resources stand on lines of their own`;
  return value !== null && typeof value === 'object' ? 'an object without a resourceType' : 'a bare value';
};

/** Says which kind of broken it is: the start or end of a resource that goes on elsewhere, the end of a file that was cut, or plainly no JSON. */
function brokenLine(text: string, message: string, unended: boolean, tell: (rule: FileRule, text: string) => void): void {
  const open = openAtEnd(text);
  const why = message.slice(0, 160);
  if (open > 0 && unended) tell('file.cut', `the file ends inside a resource: ${why}`);
  else if (open !== 0) tell('line.split', `the line ${open > 0 ? 'ends inside a resource' : 'closes what it did not open'}: ${why}`);
  else if (/\}\s*\r\s*\{/.test(text)) tell('line.json', 'several resources, with CR between them; expected LF at the end of each');
  else if (/\}[\s,]*\{"/.test(text)) tell('line.json', `perhaps several resources on one line; expected one on each: ${why}`);
  else if (/^\s*</.test(text)) tell('line.json', 'XML or HTML; expected one FHIR resource in JSON on each line');
  else tell('line.json', why);
}

/** Brackets still open at the end, 1 if inside a string; negative as soon as one is closed that was not open. */
function openAtEnd(text: string): number {
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      do i = text.indexOf('"', i + 1);
      while (i >= 0 && escapedAt(text, i));
      if (i < 0) return 1;
    } else if (code === 0x7b || code === 0x5b) open++;
    else if (code === 0x7d || code === 0x5d) open--;
    if (open < 0) return open;
  }
  return open;
}

function escapedAt(text: string, quote: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++;
  return slashes % 2 === 1;
}
