import type { CleanUp } from '../core/model.ts';
import type { Provider } from './conversation.ts';
import type { Debt } from './debts.ts';

const settled = (status: number): boolean => (status >= 200 && status < 300) || status === 404 || status === 410;

/**
 * Pays what is owed to this payer, newest first, and records each exchange as a clean-up. Works after Ctrl-C too: it does not listen to the run's
 * signal, and no single request may take longer than ten seconds. Answers with what could not be paid.
 */
export async function payDebts(provider: Provider, variant: CleanUp = 'clean-up'): Promise<readonly Debt[]> {
  const base = provider.known.base ?? provider.target.fhir?.base;
  const mine = provider.debts
    .open()
    .filter((debt) => debt.base === base)
    .reverse();
  const unpaid: Debt[] = [];
  for (const debt of mine) {
    try {
      const reply = await provider.converse(debt.step, debt.request, { labels: { variant, timeout: 10_000 }, unstoppable: true });
      if (settled(reply.status)) provider.debts.paid(debt.id);
      else unpaid.push(debt);
    } catch {
      unpaid.push(debt);
    }
  }
  return unpaid;
}
