import type { Exchange, Known, RawExchange } from '../core/model.ts';

/** Establishes facts or issues on a raw exchange before it is redacted and stored. Must not throw for bad payloads. */
export type Enricher = (
  exchange: RawExchange,
  known: Known,
) => Promise<Partial<Pick<Exchange, 'facts' | 'issues'>>> | Partial<Pick<Exchange, 'facts' | 'issues'>>;
