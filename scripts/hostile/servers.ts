import { rmSync } from 'node:fs';
import type { Target } from '../../src/core/model.ts';
import { bodies, later, statuses } from './bodies.ts';
import { type Case, type Honest, read, tokensSince } from './played.ts';
import type { Answer, Turn } from './proxy.ts';
import { payerAssay } from './stage.ts';
import { wires } from './wires.ts';

export type Act = (turn: Turn) => Promise<void> | void;

/** Where a misbehaviour strikes, and the small run that goes there. */
interface Place {
  readonly at: RegExp;
  readonly args: readonly string[];
  /** Every misbehaviour of this and that table is played here, or every fourth: other places, the same kinds. */
  readonly every: number;
}

const places: Readonly<Record<string, Place>> = {
  metadata: { at: /\/fhir\/metadata/, args: ['--only', 'cc3.metadata.valid,cc3.metadata.fhir-version'], every: 1 },
  token: { at: /\/token$/, args: ['--only', 'cc2.token.no-store,cc2.token.response'], every: 1 },
  read: { at: /\/fhir\/(Patient|Coverage|Practitioner|Organization)\/[^/$?]+$/, args: ['--only', 'rest.read'], every: 1 },
  search: { at: /\/fhir\/(Patient|Coverage|Condition|Observation)(\/_search)?(\?|$)/, args: ['--only', 'rest.search'], every: 1 },
  match: { at: /\/\$member-match$/, args: ['--only', 'id.mm.identifier,id.mm.no-match'], every: 4 },
  hook: { at: /\/cds-services\//, args: ['--only', 'crd.invoke,crd.card.required'], every: 4 },
  job: { at: /\/fhir\/jobs\//, args: ['--only', 'bulk.manifest.stable,bulk.status.in-progress'], every: 4 },
  file: { at: /\/bulk-files\//, args: ['--only', 'atr.coverage,bulk.file.capability-url'], every: 4 },
};

export interface Play {
  readonly act: Act;
  readonly at: RegExp;
  readonly args: readonly string[];
  readonly changes?: Partial<Target>;
  readonly honest: Honest;
}

/** One run of the command line against a payer that does this at these places, and what came of it. */
export const against =
  ({ act, at, args, changes, honest }: Play): Case['play'] =>
  async (stage, within) => {
    const { folder, file, out } = stage.place(changes);
    stage.embedded.payer.inject();
    const from = stage.proxy.heard.length;
    // What would take a job back is let through: who cannot be reached at all cannot be asked to forget.
    stage.proxy.act((turn) => (at.test(turn.path) && turn.method !== 'DELETE' ? act(turn) : turn.answer()));
    const end = await payerAssay(['run', '--target', file, '--out', out, ...args], { within });
    stage.proxy.act(undefined);
    const result = read(out, end, tokensSince(stage, from), stage, honest);
    if (process.env['KEEP'] === undefined) rmSync(folder, { recursive: true, force: true });
    else console.log(end.said, folder);
    return result;
  };

/** Where the answer was lost, nobody fails. */
export const lost: Honest = () => false;
/** A failure may point at an answer that was spoilt, and at no other. */
export const spoiltAt =
  (at: RegExp): Honest =>
  (_, answer) => {
    const url = answer?.request.url ?? '';
    return at.test(URL.canParse(url) ? new URL(url).pathname + new URL(url).search : url);
  };

export const slug = (title: string): string => title.toLowerCase().replace(/[^a-z0-9]+/g, '-');

const changed = (table: Readonly<Record<string, (answer: Answer) => Partial<Answer>>>): Readonly<Record<string, Act>> =>
  Object.fromEntries(Object.entries(table).map(([title, change]) => [title, (turn: Turn) => turn.answer(change)]));

const everywhere = (kind: string, table: Readonly<Record<string, Act>>, isSpoilt: boolean): readonly Case[] =>
  Object.entries(places).flatMap(([place, { at, args, every }], row) =>
    Object.entries(table).flatMap(([title, act], nth) =>
      (nth + row) % every > 0
        ? []
        : [
            {
              ...{ id: `${kind}.${place}.${slug(title)}`, kind: `${kind} at ${place}`, title, within: 240 },
              play: against({ act, at, args, honest: isSpoilt ? spoiltAt(at) : lost }),
            },
          ],
    ),
  );

/** What a server may do to its answers: to the wire, to the body, by the status alone, and "later". */
export const servers: readonly Case[] = [
  ...everywhere('wire', wires, false),
  ...everywhere('body', changed(bodies), true),
  ...everywhere('status', changed(statuses), true),
  ...everywhere('later', changed(later), false),
];

/** The same wires and bodies, some of them, in TLS. */
export const inTls: readonly Case[] = servers
  .filter(({ id }, nth) => /^(wire|body)\.(read|token)\./.test(id) && nth % 5 === 0)
  .map((each) => ({ ...each, id: `tls.${each.id}`, kind: 'in TLS', title: `${each.title} (${each.kind})`, tls: true }));
