import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { questions } from '../../checks/client/crd/statements.ts';
import type { Case } from '../../mocks/client/case.ts';
import type { Scripted } from '../../mocks/client/host.ts';
import type { ClientPlan, TriggerPlan } from './plan.ts';
import type { Trigger, Triggered } from './play.ts';
import type { RunSheet } from './run-sheet.ts';
import type { Task } from './run-sheet-page.ts';
import { asEnvironment, type Situation, situationOf } from './situation.ts';

/** Of what a trigger prints, so much is kept. */
const keep = 64 * 1024;

export interface TriggerSetting {
  readonly plan: ClientPlan;
  readonly clientId: string;
  /** Secrets and addresses that every command gets besides those of the case. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** The run sheet as a page; absent: the terminal alone. */
  readonly sheet?: RunSheet | undefined;
}

/** Makes the client go, as the plan says for the journey. */
export const planTrigger =
  (scripted: Scripted, { plan, clientId, environment, signal, say, sheet }: TriggerSetting): Trigger =>
  async (id, journey, about) => {
    const how = plan.triggers[journey];
    if (how === undefined) throw new Error(`no trigger for ${journey}`);
    const situation = await situationOf(scripted, id, journey, clientId, about.scene);
    if (how.kind === 'command') return byCommand(how, situation, environment, signal);
    if (how.kind === 'http') return byHttp(how, situation, signal);
    return byOperator(situation, about, { signal, say, sheet });
  };

/** Runs the command; its end is the end of the trigger, whatever it answers. */
function byCommand(
  how: Extract<TriggerPlan, { kind: 'command' }>,
  situation: Situation,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Triggered> {
  const [program = '', ...words] = how.command;
  const late = AbortSignal.timeout(how.seconds * 1000);
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: how.cwd,
      env: { ...process.env, ...environment, ...asEnvironment(situation) },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.any([signal, late]),
      killSignal: 'SIGKILL',
    });
    let printed = '';
    const note = (chunk: Buffer): void => {
      if (printed.length < keep) printed += chunk.toString('utf8');
    };
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    child.on('error', () => undefined);
    child.on('close', () => {
      const cut = late.aborted ? { cut: true as const } : {};
      resolve({ ...cut, ...(how.screen ? { shown: printed.split('\n').filter((line) => line !== '') } : {}) });
    });
  });
}

/** Posts what the client must know to a URL of its vendor. */
async function byHttp(how: Extract<TriggerPlan, { kind: 'http' }>, { word: _word, ...known }: Situation, signal: AbortSignal): Promise<Triggered> {
  const late = AbortSignal.timeout(how.seconds * 1000);
  const text = await fetch(how.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(known),
    signal: AbortSignal.any([signal, late]),
  })
    .then(async (answer) => (await answer.text()).slice(0, keep))
    .catch((cause: unknown) => {
      if (late.aborted) return undefined;
      throw cause;
    });
  if (text === undefined) return { cut: true };
  return how.screen ? { shown: text.split('\n').filter((line) => line !== '') } : {};
}

/** Tells a person what to do, and waits for the word that it is done. */
async function byOperator(
  situation: Situation,
  about: Case,
  { signal, say, sheet }: Pick<TriggerSetting, 'signal' | 'say' | 'sheet'>,
): Promise<Triggered> {
  const { does } = about;
  say(`\nCase ${situation.case} (${situation.journey}): ${does}`);
  say(`  FHIR ${situation.fhirBase}   token ${situation.tokenUrl}   CDS ${situation.cdsBase}`);
  say(`  member ${situation.given} ${situation.family}, born ${situation.birthDate}, number ${situation.memberNumber}; group ${situation.group}`);
  say(`  ${situation.todo}`);
  if (situation.scene === 'statements') for (const [name, question] of Object.entries(questions)) say(`  ${name}: ${question}`);
  const marked = new AbortController();
  const either = AbortSignal.any([signal, marked.signal]);
  const onPage = sheet?.ask(taskOf(situation, does), either);
  if (!process.stdin.isTTY && onPage !== undefined) return onPage;
  return Promise.race([inTerminal(either), ...(onPage === undefined ? [] : [onPage])]).finally(() => {
    marked.abort();
    onPage?.catch(() => undefined);
  });
}

const taskOf = (situation: Situation, does: string): Task => ({
  case: situation.case,
  journey: situation.journey,
  does,
  todo: situation.todo,
  facts: [
    ['FHIR base', situation.fhirBase],
    ['token URL', situation.tokenUrl],
    ['CDS Hooks', situation.cdsBase],
    ['second payer', situation.secondCdsBase],
    ['member', `${situation.given} ${situation.family}, born ${situation.birthDate}, number ${situation.memberNumber}`],
    ['group', situation.group],
    ...(situation.scene === 'statements'
      ? Object.entries(questions).map(([name, question]) => [name, `${question} Answer as "${name}: ..."`] as const)
      : []),
  ],
});

async function inTerminal(signal: AbortSignal): Promise<Triggered> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    await terminal.question('  Let the client do it, then press Enter. ', { signal });
    const seen = await terminal.question(
      '  What does its screen show? (every code word, with spaces between; Enter for nothing; "-" if you cannot see it) ',
      { signal },
    );
    return seen === '-' ? {} : { shown: seen === '' ? [] : [seen] };
  } finally {
    terminal.close();
  }
}
