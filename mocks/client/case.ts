import type { Facts, Json, Step } from '../../src/core/model.ts';
import type { MockReply, RegisteredClient, Rules } from '../kernel/payer.ts';

/** What a client is to do at a virtual payer. One healthy journey of the same kind brackets every case. */
export const journeys = ['record', 'bulk', 'bulk-again', 'roster', 'panel', 'crd', 'udap', 'sign-in', 'secure', 'directory'] as const;
export type Journey = (typeof journeys)[number];

/** What is wrong with the TLS listener of a case; `good` for controls. */
export type TlsKind = 'good' | 'self-signed' | 'expired' | 'unknown-ca' | 'wrong-host' | 'tls-1.1';

/** What a person does where the journey leaves it open, for the run sheet and for triggers. */
export const scenes = {
  order: 'sign an order for the member, then send it to a performer (or sign it again)',
  read: 'sign an order, and leave the system reachable for a minute',
  'every-hook': 'sign an order of each type that the system supports, send one to a performer, book an appointment, begin a visit',
  'second-payer': 'sign an order for the member, whose only active coverage is with the second payer',
  'two-coverages': 'sign an order for the member, who is insured with the first payer (primary) and the second one',
  'ended-coverage': 'sign an order for the member, whose coverage ended yesterday',
  'self-pay': 'sign an order for the member, and mark that the patient pays alone',
  'two-users': 'sign the same order as a user who may see everything, then as one who may not see the restricted resource',
  'what-if': 'ask what would be covered, without an order',
  cards: 'sign an order; accept the suggestion of the first card, override the second, ignore the third',
  accept: 'sign an order, accept every suggestion that the system lets you accept, then send the order to a performer',
  open: 'sign an order, and open every link that is offered; where documentation is asked for, start it, and write "DTR: yes" or "DTR: no" to what the screen shows',
  again: 'sign an order, and at once sign it again',
  slow: 'sign the order; when nothing comes for 10 s, go on without an answer, and send it to a performer',
  register: 'register by UDAP, fetch a token and read the member',
  'register-again': 'register by UDAP, register once more (or start the system anew), fetch a token and read the member',
  users: 'read the member as one user, then as another, both named in the token request',
  'look-up': 'find the plan "Scripted plan" in the directory, and read the member there; where the system asks which plan it is, choose none',
  'look-up-twice': 'find the plan in the directory and read the member there; when its cache time is over, do both again',
  documents: 'find the member, and open the documents of the record',
  'idi-match': 'find the member by $IDI-match (Identity Matching), and read the record; where several people fit, choose none',
  'consumer-match':
    'a patient, signed in to your system, asks for the own record: fetch a token for that by UDAP, find the patient by $IDI-match, and read the Patient',
  subscribe: 'export the attribution list, subscribe to its changes, then end the use of that list in your system',
  statements: 'sign an order, and answer the questions about the system',
} as const;
export type SceneName = keyof typeof scenes;

/** Where a case plays, and what is random in it. */
export interface Stage {
  readonly case: string;
  /** The root of this virtual payer as clients see it, without a slash at its end: `/fhir`, `/as/token` and `/cds` lie below. */
  readonly root: string;
  /** The same case at another origin, which records and serves only what the case says. */
  readonly canary: string;
  /** The same on plain http. */
  readonly plain: string;
  /** In the words of every answer that a person should read. */
  readonly word: string;
  /** So many seconds of the catalogue in this run: shortened, but one at least. */
  seconds(full: number): number;
  /** The share of the catalogue's times that this run uses. */
  readonly share: number;
  /** What a limited user of the client may not read, e.g. `Observation/7`; absent: nobody said. */
  readonly restricted?: string | undefined;
  /** Where the client publishes its keys; absent: nobody said. */
  readonly keysAt?: string | undefined;
  /** What is known of a client with this id. */
  registered(clientId: string): RegisteredClient | undefined;
  /** Asks the client's own FHIR server, as CRD services do, and records it. Undefined when nothing readable came. */
  ask(question: Question): Promise<Json | undefined>;
}

/** A request of ours to the client's FHIR server; `purpose` says to judges what it is for, `expects` what the answer should name. */
export interface Question {
  readonly url: string;
  readonly token: string;
  readonly purpose: string;
  readonly expects?: string;
}

/** A request at a listener; `path` is below the root of the case. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer that the payer's own routes do not know. */
export interface Told {
  readonly step: Step;
  readonly reply: MockReply;
  /** What the payer does once the answer has left. */
  readonly after?: () => Promise<unknown>;
}

/** How one virtual payer differs from a healthy one. */
export interface Serving {
  readonly rules?: Partial<Rules>;
  /** Another path that the payer's routes then see. */
  readonly rewrite?: (path: string) => string;
  readonly instead?: (asked: Asked) => Told | undefined | Promise<Told | undefined>;
  readonly canary?: (asked: Asked) => MockReply | undefined;
  /** What only this payer can establish about a request, whoever answers it. Called once for each. */
  readonly notes?: (asked: Asked) => Facts | undefined;
}

/** One case as data. */
export interface Case {
  readonly id: string;
  /** Run order of the catalogue, G0 to G14. */
  readonly group: string;
  readonly journey: Journey;
  /** What the person does, where the journey leaves it open. Default: `order`. */
  readonly scene?: SceneName;
  /** Of a case that lives at an https listener of its own. */
  readonly tls?: TlsKind;
  /** Window for a reaction, s of the catalogue, where the case is over with its last answer. Default 30. */
  readonly window?: number;
  /** What this payer does, in one line: for the run sheet. */
  readonly does: string;
  /** Rows about payers that its fault breaks by nature; every other one holds for what this payer answers (src/client-side/sound.ts). */
  readonly breaks?: readonly string[];
  readonly serves?: (stage: Stage) => Serving;
}

/** A healthy payer. */
export const healthy = (id: string, journey: Journey): Case => ({ id, group: 'G1', journey, does: 'a healthy payer: the control' });
