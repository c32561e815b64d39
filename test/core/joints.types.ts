/** Proof for the type check (`npm run check`), never run: a slip in the name of a fact, a note or a variant does not compile. */
import type { Provider } from '../../src/client/provider.ts';
import { select } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Facts, Known, RequestSpec } from '../../src/core/model.ts';
import { asked } from '../../suites/asks.ts';

declare const exchange: Exchange;
declare const known: Known;
declare const some: Facts;
declare const evidence: Evidence;
declare const provider: Provider;
declare const request: RequestSpec;

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

select(evidence, { step: 'search', variant: 'by-patient' });
select(evidence, { step: 'search', variant: 'x-acme-coupons' });
// @ts-expect-error no such form
select(evidence, { step: 'search', variant: 'by-patiens' });
// @ts-expect-error a form of another step
select(evidence, { step: 'read', variant: 'by-patient' });
select(evidence, { step: 'search', variant: 'sec:lab-date:status' });
// @ts-expect-error no such section
select(evidence, { step: 'search', variant: 'sec:lab-datum' });
provider.ask('everything', request, { variant: 'since' });
// @ts-expect-error no such form of this step
provider.ask('everything', request, { variant: 'until' });
// @ts-expect-error no such form to declare
asked('docref', 'put');
// @ts-expect-error no such step
select(evidence, { step: 'serch' });
