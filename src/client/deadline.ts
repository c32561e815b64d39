/**
 * What the work comes to; an ETIMEDOUT after `ms`, or the signal's reason, when it comes to nothing. A library that forgets its promise (a socket that was
 * switched to another protocol, a half-open connection) cannot hold us.
 */
export async function within<Value>(work: Promise<Value>, ms: number, signal?: AbortSignal): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  let end = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    end = () => reject(signal?.reason);
    timer = setTimeout(() => reject(Object.assign(new Error(`nothing came within ${ms} ms`), { code: 'ETIMEDOUT' })), ms);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  });
  // Whichever is late is heard by nobody, and must not end the process.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}
