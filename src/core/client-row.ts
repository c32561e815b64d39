import type { Finding } from './finding.ts';
import type { Hearing } from './heard.ts';
import type { Level, NonEmpty, Requirement } from './vocabulary.ts';
import type { WireRequest } from './wire.ts';

/** A defect of a client. */
export interface ClientFault {
  readonly name: string;
  /** What leaves instead, as the wire shows it. Return the same object to leave a request alone. */
  readonly sends?: (request: WireRequest) => WireRequest;
  /** A rule of our own client that is replaced: its name in the table of misbehaviours (src/client-side/own/misbehaviours.ts). */
  readonly behaves?: string;
  /** The cases that show it; default: all of the row. */
  readonly in?: readonly string[];
  /** Rows that it breaks by nature, each with the reason. Undeclared is collateral. */
  readonly alsoFails?: Readonly<Record<string, string>>;
}

/** A requirement on a client of a payer, judged purely over what the payer's side recorded. */
export interface ClientRow extends Requirement {
  /** The cases of the script that call for it; absent: it is judged over everything that was heard. */
  readonly cases?: readonly string[];
  /** With cases: it is judged over whatever was heard all the same, also where nothing was played. */
  readonly anywhere?: true;
  /** Package whose version, where the plan claims it, was agreed beforehand: then the row does not bind this client. */
  readonly agreed?: string;
  /** It is about what came before: one request alone shows nothing of it. */
  readonly inOrder?: true;
  /** `level`: at which the row binds this client. */
  readonly judge: (hearing: Hearing, level?: Level) => Finding;
  readonly faults: NonEmpty<ClientFault>;
  /** Not in the list that we were given: why it is judged all the same. */
  readonly ours?: string;
}

/** A requirement of the list that is not judged yet, and why. */
export interface ClientExcluded {
  readonly id: string;
  readonly reason: string;
}
