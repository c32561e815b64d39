import type { SecretSource } from '../client/identity.ts';
import type { Target } from '../core/model.ts';
import { loadTarget } from '../target/load.ts';

/** The payer that a command talks to, and how to let go of it. */
export interface Subject {
  readonly target: Target;
  readonly secrets: SecretSource;
  close(): Promise<void>;
}

/** `--target FILE`, or `--embedded`. Throws when neither or both are given. */
export async function openSubject(options: { readonly target?: string; readonly embedded?: boolean }): Promise<Subject> {
  if (options.target !== undefined && options.embedded) throw new Error('Give --target FILE or --embedded, not both.');
  if (options.target !== undefined) return { target: loadTarget(options.target, console.error), secrets: process.env, close: async () => {} };
  if (!options.embedded) throw new Error('Say whom to test: --target FILE for a payer, or --embedded for the payer that comes with this tool.');
  const { startEmbedded } = await import('../../mocks/embedded.ts');
  const embedded = await startEmbedded();
  return { target: embedded.target, secrets: { ...process.env, ...embedded.secrets }, close: () => embedded.close() };
}
