import type { LinePlace } from '../../core/lines.ts';
import type { Facts, RawExchange, WireRequest } from '../../core/model.ts';

/** Judges files that are too large to store, while they come. A client knows no rules, so the implementation is handed in (`src/enrich/files`). */
export interface WholeFiles {
  /** Sees every exchange: the Group that is read before an export is its roster. */
  saw(exchange: RawExchange): void;
  /** One export, before its first file. */
  open(about: Pick<LinePlace, 'variant' | 'request'>): OpenExport;
  /** Ends what runs and removes what was put on disk. */
  close(): Promise<void>;
}

export interface OpenExport {
  /** Starts with the first byte of a file; a download that starts over asks again. */
  watch(file: Pick<LinePlace, 'kind' | 'type'> & { readonly url: string }): FileWatch;
  /** Facts about the files together, once all of them are in; none when each is stored whole, as judges then see for themselves. Never throws. */
  together(files: readonly RawExchange[], signal: AbortSignal): Promise<Facts>;
}

export interface FileWatch {
  /** Decoded bytes, in order. Waits while there is work enough, which is what bounds memory. Never throws for what it finds. */
  write(chunk: Buffer): Promise<void>;
  /** After the last byte. `from`: offset behind what is stored of the beginning, a line's start. */
  end(from: number): Promise<FileFindings>;
  /** This attempt is given up. */
  abandon(): void;
}

export interface FileFindings {
  /** `file.judged`, `file.lines`, `file.rules` ...: they speak for the whole file. */
  readonly facts: Facts;
  /** Lines from `from` on that judges must see, in order. */
  readonly lines: readonly { readonly line: number; readonly text: string }[];
}

/** A kick-off as judges and threads need it: no headers, so no token. */
export const bare = ({ method, url, body }: WireRequest): LinePlace['request'] => ({ method, url, ...(body === undefined ? {} : { body }) });
