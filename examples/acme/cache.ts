/** A private check and a private suite, in a repository of their own: what Acme asks of every payer besides the catalogue. */
import { asked, type Check, check, group, headerOf, headers, oneMember, onFirst, publication, read, Stop, type Suite } from 'payer-assay';

const house = publication('Acme house rules', '2026', 'https://acme.example/rules#');

/** Asks; judging comes later. The names of private forms begin with `x-`. */
const cache: Suite = {
  id: 'acme.cache',
  title: 'Read the member as Acme does, to see who may keep the answer',
  scenarios: oneMember,
  needs: ['member'],
  asks: [asked('read', 'x-acme-cache')],
  requests: 1,
  async drive({ ask, known }) {
    if (known.base === undefined || known.patientId === undefined) throw new Stop('no member was matched', 'payer');
    await ask('read', read(known.base, 'Patient', known.patientId), { variant: 'x-acme-cache', member: 'known' });
  },
};

export const suites: readonly Suite[] = [cache];

/** Judges the stored history, and names a fault that proves that it can fail. */
export const checks: readonly Check[] = group({ scenarios: oneMember }, [
  {
    id: 'acme.cache.private',
    level: 'SHALL',
    lines: ['L3'],
    text: 'No shared cache may keep what was said about a member.',
    source: house('caching'),
    judge: onFirst({ step: 'read', variant: 'x-acme-cache' }, (exchange) => {
      const said = headerOf(exchange, 'cache-control') ?? 'no Cache-Control';
      return check(/\b(private|no-store)\b/.test(said), exchange, 'Cache-Control with private or no-store', said);
    }),
    faults: [{ name: 'lets everybody keep a Patient', at: 'read', alter: headers({ 'cache-control': 'public, max-age=3600' }) }],
  },
]);
