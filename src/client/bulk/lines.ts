import { longestLine } from '../../core/lines.ts';
import type { Json } from '../../core/model.ts';
import { unquoted } from '../../core/sample.ts';
import { beyondShape } from '../../core/shape.ts';

/** What one pass over an NDJSON file finds. Line numbers start at 1 and count every line, blank ones too. */
export interface LineFacts {
  /** Lines with something on them. */
  readonly lines: number;
  readonly blank: number;
  readonly crlf: number;
  readonly bom: boolean;
  /** Decoded bytes. */
  readonly bytes: number;
  readonly longest: number;
  /** Resources by type, in order of appearance. */
  readonly types: Readonly<Record<string, number>>;
  /** The first line that is not one JSON resource. */
  readonly bad?: { readonly line: number; readonly why: string };
  /** Lines longer or deeper than we read; they were counted only. */
  readonly unread: number;
}

export interface LineScanner {
  push(chunk: Buffer): void;
  end(): LineFacts;
}

/** Splits on LF and reads each line once, in bounded memory. `onLine` sees the text of every line that is held. */
export function createLineScanner(onLine: (text: string, number: number) => void = () => undefined): LineScanner {
  const types = new Map<string, number>();
  const seen = { lines: 0, blank: 0, crlf: 0, bytes: 0, longest: 0, unread: 0, number: 0, bom: false };
  let bad: { line: number; why: string } | undefined;
  let parts: Buffer[] = [];
  let held = 0;

  function line(ended: boolean): void {
    seen.number++;
    seen.longest = Math.max(seen.longest, held);
    if (held > longestLine) {
      seen.lines++;
      seen.unread++;
    } else if (held === 0) {
      // A file may be nothing but line ends.
      if (ended) seen.blank++;
      return;
    } else read(Buffer.concat(parts, held).toString('utf8'));
    parts = [];
    held = 0;
  }

  function read(raw: string): void {
    let text = raw;
    if (seen.number === 1 && text.startsWith('\uFEFF')) {
      seen.bom = true;
      text = text.slice(1);
    }
    if (text.endsWith('\r')) {
      seen.crlf++;
      text = text.slice(0, -1);
    }
    if (text.trim() === '') {
      seen.blank++;
      return;
    }
    seen.lines++;
    if (beyondShape(text) !== undefined) {
      seen.unread++;
      return;
    }
    onLine(text, seen.number);
    const type = typeOf(text);
    if (type.why !== undefined) bad ??= { line: seen.number, why: type.why };
    else types.set(type.name, (types.get(type.name) ?? 0) + 1);
  }

  return {
    push(chunk) {
      seen.bytes += chunk.length;
      let from = 0;
      for (let stop = chunk.indexOf(10); stop >= 0; stop = chunk.indexOf(10, from)) {
        hold(chunk.subarray(from, stop));
        line(true);
        from = stop + 1;
      }
      hold(chunk.subarray(from));
    },
    end() {
      if (held > 0) line(false);
      const { number: _number, ...facts } = seen;
      return { ...facts, types: Object.fromEntries(types), ...(bad ? { bad } : {}) };
    },
  };

  function hold(piece: Buffer): void {
    held += piece.length;
    // A line that is too long is counted, not kept.
    if (held <= longestLine && piece.length > 0) parts.push(piece);
    else if (held > longestLine) parts = [];
  }
}

function typeOf(text: string): { readonly name: string; readonly why?: undefined } | { readonly why: string } {
  try {
    const value = JSON.parse(text) as Json;
    const type = value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as { resourceType?: Json }).resourceType : undefined;
    return typeof type === 'string' ? { name: type } : { why: 'it is JSON but no FHIR resource' };
  } catch (cause) {
    return { why: `it is not JSON (${unquoted((cause as Error).message)})` };
  }
}
