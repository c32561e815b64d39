import type { Target } from '../core/model.ts';

/** Load may only go to machines of our own: a payer is somebody's live system. */

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** `name:port` of every given URL. Throws, naming the host and the fix, when one is neither loopback nor named as owned. */
export function allowedHosts(target: Target, urls: readonly string[]): readonly string[] {
  if (target.allow?.load === false) throw new Error('The target file forbids load (allow.load is false). Remove it only when the operator agrees.');
  const owned = new Set((target.ownedHosts ?? []).map((each) => each.toLowerCase()));
  return urls.map((each) => {
    const url = new URL(each);
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    const host = `${url.hostname}:${port}`;
    if (!loopback.test(url.hostname) && !owned.has(url.hostname) && !owned.has(host))
      throw new Error(
        `Load is refused for ${host}: it is not this machine, and ownedHosts of the target file does not name it. Add it there only if it is yours.`,
      );
    return host;
  });
}
