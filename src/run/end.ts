/**
 * What the work comes to, or the reason of the signal a moment after it was given: work that does not hear of it, or never settles, holds nobody up.
 * `grace` is the time that it has to end by itself, ms.
 */
export async function endOf<Value>(work: Promise<Value>, signal: AbortSignal, grace = 1000): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  let end = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    end = () => {
      timer = setTimeout(() => reject(signal.reason), grace);
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** Why work was ended before its time, in words. */
export const whyEnded = ({ reason }: AbortSignal): string =>
  reason instanceof Error && reason.name === 'Error' ? reason.message : 'the run was interrupted';
