import type { CleanUp } from '../core/model.ts';
import type { Provider } from './conversation.ts';
import type { Debt } from './debts.ts';

/** The answer to a request that takes something back says that it is gone, now or before. */
export const settled = (status: number): boolean => (status >= 200 && status < 300) || status === 404 || status === 410;

/**
 * Pays what is owed to this payer, newest first, and records each exchange: as `clean-up` all of it, as `leftover` what earlier runs have left and nothing of
 * this one. Works after Ctrl-C too: it does not listen to the run's signal, and no single request may take longer than ten seconds. Answers with what could
 * not be paid.
 */
export async function payDebts(provider: Provider, variant: CleanUp = 'clean-up'): Promise<readonly Debt[]> {
  const { debts, known, target } = provider;
  const base = known.base ?? target.fhir?.base;
  const mine = (variant === 'leftover' ? debts.earlier() : debts.open()).filter((debt) => debt.base === base).reverse();
  const unpaid: Debt[] = [];
  for (const debt of mine) {
    if (debt.request === undefined || debt.tried) {
      unpaid.push(debt);
      continue;
    }
    try {
      const reply = await provider.converse(debt.step, debt.request, { labels: { variant, timeout: 10_000 }, unstoppable: true });
      if (settled(reply.status)) debts.paid(debt.id);
      else unpaid.push(debt);
    } catch {
      unpaid.push(debt);
    }
  }
  return unpaid;
}

/** What a person can do about a debt that could not be paid: a line for the shell, without secrets. */
export function byHand({ what, id, request, tried }: Debt): string {
  if (request === undefined) return `${what}: no answer told us its address, so ask the payer to end it`;
  if (request.udap !== undefined)
    return `${what} (${id}): ${tried ? 'the payer did not confirm that it ended' : 'it could not be ended'}; ask the payer to remove the client, or run again in the same folder`;
  const token = request.token === undefined || request.token === 'none' ? '' : ` -H "Authorization: Bearer $TOKEN"`;
  const body = request.body === undefined ? '' : ` -H 'Content-Type: application/fhir+json' --data ${quoted(request.body)}`;
  return `${what}: take it back by hand with: curl -X ${request.method}${token}${body} ${quoted(request.url)}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
