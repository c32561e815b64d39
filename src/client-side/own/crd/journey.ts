import { setTimeout as sleep } from 'node:timers/promises';
import type { SceneName } from '../../../../mocks/client/case.ts';
import type { Own } from '../client.ts';
import { type Doing, read } from './answers.ts';
import { type Asking, callHook } from './calls.ts';
import { everyone, openPractice, type Payer, type Practice } from './practice.ts';

/** How our own system is made, as an operator would state it. */
const answers: Readonly<Record<string, string>> = {
  'in-workflow': 'yes',
  'must-support-shown': 'yes',
  'inherited-security': 'yes',
  'api-docs': 'https://payer-assay.example.org/docs/client.md',
  'discovery-interval': '0.1 h',
};

/** Ordering with a look at what the plan covers. */
export async function ordering(
  own: Own,
  { scene, root, share }: { readonly scene: SceneName; readonly root: string; readonly share: number },
): Promise<void> {
  const practice = await openPractice(
    own,
    { one: `${root}/cds`, two: `${root}/two/cds` },
    { share, slow: scene === 'slow', ended: scene === 'ended-coverage' },
  );
  try {
    await played(practice, scene);
    if (own.decide.takesLate()) await Promise.all(practice.late);
  } finally {
    own.shown.push(...[...practice.cards.values()].flat());
    await practice.ehr.close();
  }
}

const isSigned = (path: string): boolean => path.startsWith('ServiceRequest/') || path.startsWith('DeviceRequest/');

async function sign(practice: Practice, payers: readonly Payer[], doing: Doing = 'reads', asking: Asking = {}): Promise<void> {
  if (!practice.own.decide.callsHook('order-sign')) return;
  const orders = [...practice.orders.keys()].filter(isSigned);
  for (const each of await callHook(practice, payers, 'order-sign', orders, asking)) await read(practice, `sign ${each.service}`, each, doing);
}

/** What is signed after the first answer: a new order, or the same ones since something changed. */
async function signNext(practice: Practice, payers: readonly Payer[]): Promise<void> {
  const next = practice.own.decide.signsNext([...practice.orders.values()]);
  if (next === undefined) return;
  const paths = next.map((each) => `${String(each['resourceType'])}/${String(each['id'])}`);
  for (const [nth, each] of next.entries()) practice.orders.set(paths[nth] ?? '', each);
  for (const each of await callHook(practice, payers, 'order-sign', paths)) await read(practice, `sign ${each.service}`, each, 'reads');
}

async function send(practice: Practice, payers: readonly Payer[]): Promise<void> {
  const orders = [...practice.orders.keys()]
    .filter((each) => each.startsWith('ServiceRequest/') && practice.orders.get(each)?.['status'] !== 'revoked')
    .slice(0, 1);
  if (orders.length === 0) return;
  for (const each of await callHook(practice, payers, 'order-dispatch', orders)) await read(practice, 'send', each, 'reads');
}

async function played(practice: Practice, scene: SceneName): Promise<void> {
  const { decide, shown } = practice.own;
  const [one, two] = practice.payers;
  if (one === undefined || two === undefined) return;
  /** Asks the payers of the active coverages. */
  const asked = (active: readonly Payer[]): readonly Payer[] =>
    decide
      .asksPayers(
        active.map(({ name }) => name),
        practice.payers.map(({ name }) => name),
      )
      .flatMap((name) => practice.payers.find((each) => each.name === name) ?? []);
  switch (scene) {
    case 'second-payer':
      return sign(practice, asked([two]));
    case 'two-coverages':
      return sign(practice, asked([one, two]));
    case 'ended-coverage':
      return sign(practice, decide.callsForEnded() ? [one] : []);
    case 'self-pay':
      return sign(practice, decide.callsForSelfPay() ? [one] : []);
    case 'two-users':
      await sign(practice, asked([one]), 'reads', { user: everyone.doctor });
      return sign(practice, asked([one]), 'reads', { user: everyone.assistant });
    case 'what-if':
      return sign(practice, asked([one]), 'reads', { configuration: decide.whatIf() });
    case 'cards':
      return sign(practice, asked([one]), 'cards');
    case 'accept':
      await sign(practice, asked([one]), 'accepts');
      return send(practice, asked([one]));
    case 'open':
      return sign(practice, asked([one]), 'opens');
    case 'again':
      await sign(practice, asked([one]));
      return sign(practice, asked([one]));
    case 'statements':
      for (const [name, value] of Object.entries(decide.states(answers))) shown.push(`${name}: ${value}`);
      return sign(practice, asked([one]));
    case 'every-hook':
      await sign(practice, asked([one]));
      await send(practice, asked([one]));
      for (const hook of ['appointment-book', 'encounter-start'] as const) await callHook(practice, asked([one]), hook, []);
      return;
    case 'read': {
      await sign(practice, asked([one]));
      const before = practice.ehr.calls.length;
      // The payer may look once more after its answer.
      for (let look = 0; look < 100 && practice.ehr.calls.length === before; look++) await sleep(50);
      return send(practice, asked([one]));
    }
    case 'slow':
    case 'order':
      await sign(practice, asked([one]));
      await signNext(practice, asked([one]));
      return send(practice, asked([one]));
  }
}
