import type { SecretSource } from '../client/identity.ts';
import type { AppTarget, Target } from '../core/model.ts';
import { loadTarget } from '../target/load.ts';

/** The payer that a command talks to, and how to let go of it. */
export interface Subject {
  readonly target: Target;
  readonly secrets: SecretSource;
  close(): Promise<void>;
}

interface Whom {
  readonly target?: string;
  readonly embedded?: boolean;
  /** Launch the app that a card links to, where the target file names none. */
  readonly apps?: boolean;
}

/** `--target FILE`, or `--embedded`. Throws when neither or both are given. */
export async function openSubject(options: Whom): Promise<Subject> {
  if (options.target !== undefined && options.embedded) throw new Error('Give --target FILE or --embedded, not both.');
  const launching = (target: Target, app: AppTarget): Target =>
    options.apps !== true || (target.apps?.length ?? 0) > 0 ? target : { ...target, apps: [app] };
  if (options.target !== undefined)
    return { target: launching(loadTarget(options.target, console.error), {}), secrets: process.env, close: async () => {} };
  if (!options.embedded) throw new Error('Say whom to test: --target FILE for a payer, or --embedded for the payer that comes with this tool.');
  const { startEmbedded } = await import('../../mocks/embedded.ts');
  const embedded = await startEmbedded();
  const target = launching(embedded.target, { clientId: 'plan-questionnaire', shows: 'order=' });
  return { target, secrets: { ...process.env, ...embedded.secrets }, close: () => embedded.close() };
}
