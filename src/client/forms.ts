import type { RequestSpec, Step } from '../core/model.ts';
import type { Answered, Labels, Provider, Reply } from './conversation.ts';

/** One of several legal ways to put a question. */
export interface Form<T> {
  readonly form: T;
  readonly spec: RequestSpec;
  /** For people and for the label of a form that was refused. */
  readonly name: string;
}

/**
 * Puts a question in one legal form after the other until one is not refused; `next` may choose by what the refusal says. The answer that counts carries the
 * labels, so that judges see one question; those refused before it are recorded as `refused-form/NAME`.
 */
export async function askForms<S extends Step, T>(
  provider: Provider,
  step: S,
  first: Form<T>,
  next: (answer: Answered, tried: readonly Form<T>[]) => Form<T> | undefined,
  labels: Labels<S>,
): Promise<{ readonly reply: Reply; readonly form: T }> {
  const tried: Form<T>[] = [];
  for (let now = first; ; ) {
    tried.push(now);
    let following: Form<T> | undefined;
    const reply = await provider.converse(step, now.spec, {
      labels,
      relabel(answer) {
        following = next(answer, tried);
        return following === undefined ? undefined : { ...labels, variant: `refused-form/${now.name}` as NonNullable<Labels<S>['variant']> };
      },
    });
    if (following === undefined) return { reply, form: now.form };
    now = following;
  }
}
