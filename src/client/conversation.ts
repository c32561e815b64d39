import type {
  Facts,
  Json,
  Known,
  MemberRole,
  Probe,
  RawExchange,
  RequestSpec,
  Step,
  Target,
  TransportError,
  Variant,
  WireRequest,
  WireResponse,
} from '../core/model.ts';
import type { SigningKey } from './assertion.ts';
import type { WholeFiles } from './bulk/whole.ts';
import type { CleanUps } from './clean-ups.ts';
import type { Policy } from './manners/again.ts';
import type { ClientRules } from './rules.ts';
import type { Sent } from './sent.ts';
import type { Opened } from './stream.ts';
import type { TlsOffer } from './tls-probe.ts';
import type { Transport } from './transport.ts';

/** What a suite sees of the client. Types, and the one function that makes a Reply. */

/** An answer before it is recorded. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Json | undefined;
  readonly body: string;
}

/** What an answer looks like to a suite that must decide how to go on. */
export interface Reply extends Answered {
  readonly exchange: RawExchange;
}

/** How one exchange is labelled: what was wrong in it, or which honest form it was, and about whom. */
export interface Labels<S extends Step = Step> {
  readonly probe?: string;
  readonly variant?: Variant<S>;
  readonly member?: MemberRole;
  readonly follows?: number;
  readonly timeout?: number;
  /** Sent once and not followed, whatever comes; a try that may well fail and is no reason to ask this server less. */
  readonly once?: true;
}

export interface Talk<S extends Step = Step> {
  readonly labels?: Labels<S>;
  readonly about?: Facts;
  /** Other labels, which only the answer decides; undefined: those above. */
  readonly relabel?: (answer: Answered) => Labels<S> | undefined;
  /** Default: `polite`. */
  readonly policy?: Policy;
  /** Goes on after Ctrl-C, and waits ten seconds at most: for what must be taken back. */
  readonly unstoppable?: boolean;
}

/** The provider's side of the conversation. */
export interface Provider {
  readonly target: Target;
  readonly known: Known;
  readonly signal: AbortSignal;
  /** Signs as this identity: `default` or `other`. */
  readonly signers: Readonly<Record<string, SigningKey>>;
  /** Raw tokens by name; never stored. */
  readonly tokens: Map<string, string>;
  /**
   * Sends one request with all our manners (src/client/manners) and records one exchange: the question as it was put first, and the answer in the end. Redirects
   * and refusals on the way are in its facts `http.hops` and `http.retries`.
   */
  ask<S extends Step>(step: S, spec: RequestSpec, labels?: Labels<S>): Promise<Reply>;
  /** Sends the given probes one after another and answers with the replies; one that cannot be sent is blocked by name. */
  askProbes(probes: readonly Probe[]): Promise<readonly Reply[]>;
  /** `ask` with another patience, and facts to put on the exchange. */
  converse<S extends Step>(step: S, spec: RequestSpec, talk?: Talk<S>): Promise<Reply>;
  /** Opens a body that is too large to hold, with the same manners; the caller records it. `headers` go on top, e.g. Range. */
  open(
    spec: RequestSpec,
    headers?: WireRequest['headers'],
  ): Promise<{ readonly request: WireRequest; readonly opened: Opened | TransportError; readonly facts: Facts; readonly lost: readonly Json[] }>;
  readonly transport: Transport;
  readonly rules: ClientRules;
  /** What this run (or one killed before it) must still take back at the payer. */
  readonly cleanUps: CleanUps;
  /** Records one TLS handshake at step `tls`; its facts say what was agreed. */
  handshake(url: string, offer: TlsOffer, labels?: Labels<'tls'>): Promise<RawExchange>;
  /** Records an observation that is not an HTTP exchange (a TLS handshake, a file check). */
  observe<S extends Step>(step: S, request: WireRequest, sent: Sent, labels?: Labels<S>): RawExchange;
  /** Adds facts to an exchange of the running suite, which only later ones could establish. */
  amend(exchange: RawExchange, facts: Facts): void;
  /** Takes the trace of a launched app, to be stored without its secrets; absent: none is wanted. */
  readonly keepTrace?: (name: string, zip: Uint8Array) => void;
  /**
   * Call it when a question is asked that may come in pages, and what it gives before each further page: false once the run has read its share of pages.
   * `part`: this question may have such a part of what is left, where most have only their own.
   */
  pages(part?: number): () => boolean;
  /** Characters that the evidence of this run has left for one more answer of a kind that it holds already. */
  room(): number;
  /** Judges files that are too large to store; absent: only their beginning is judged. */
  readonly files?: WholeFiles;
}

/** An exchange as suites see it. */
export const replyOf = (exchange: RawExchange): Reply => ({ exchange, ...answered(exchange) });

export function answered(exchange: Pick<RawExchange, 'response'>): Answered {
  const response: WireResponse = exchange.response ?? { status: 0, headers: {}, body: '' };
  let json: Json | undefined;
  try {
    json = JSON.parse(response.body) as Json;
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, json, body: response.body };
}
