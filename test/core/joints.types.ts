/** Proof for the type check (`npm run check`), never run: a slip in the name of a fact or a note does not compile. */
import type { Exchange, Facts, Known } from '../../src/core/model.ts';

declare const exchange: Exchange;
declare const known: Known;
declare const some: Facts;

exchange.facts?.['tls.protocol'];
// @ts-expect-error no such fact
exchange.facts?.['tls.protocoll'];
export const written: Facts = { ...some, 'file.cut': 'reset' };
// @ts-expect-error no such fact, although the name is written beside others that are spread in
export const misspelt: Facts = { ...some, 'file.cutt': 'reset' };
// @ts-expect-error a wrong type of value
export const mistyped: Facts = { 'file.lines': '12' };

known.notes['bulk.group'] = 'x';
known.notes['token.panel'] = true;
// @ts-expect-error no such note
known.notes['bulk.grupe'] = 'x';
// @ts-expect-error no such note to read
known.notes['davinci-configuration'];
