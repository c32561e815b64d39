import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** The proxies that the environment names. Absent: none is used. */
export interface Proxies {
  readonly http?: string;
  readonly https?: string;
  /** Hosts asked without a proxy, as NO_PROXY lists them. */
  readonly none: string;
}

/** Never by way of a proxy, as everywhere: a test server on this machine is nothing that a proxy could reach. */
const loopback = 'localhost,127.0.0.1,::1,[::1]';

/** HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in capitals or not. */
export function proxiesOf(env: Readonly<Record<string, string | undefined>>): Proxies | undefined {
  const named = (name: string): string | undefined => [env[name.toLowerCase()], env[name]].find((each) => each !== undefined && each !== '');
  const all = named('ALL_PROXY');
  const [http, https] = [named('HTTP_PROXY') ?? all, named('HTTPS_PROXY') ?? all];
  if (http === undefined && https === undefined) return undefined;
  const none = [named('NO_PROXY'), loopback].filter((each) => each !== undefined).join(',');
  return { ...(http === undefined ? {} : { http }), ...(https === undefined ? {} : { https }), none };
}

/**
 * Keep-alive agents of Node, which know proxies by themselves since 22.21 and 24.5. Throws on an older Node where a proxy is asked for: requests that go
 * past it would be worse.
 */
export function agentsFor(proxies: Proxies | undefined, node = process.versions.node): { readonly http: HttpAgent; readonly https: HttpsAgent } {
  if (proxies === undefined) return { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const [major = 0, minor = 0] = node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 21) || major === 23 || (major === 24 && minor < 5))
    throw new Error(
      `The environment names a proxy (${proxies.https ?? proxies.http}), and Node ${node} cannot use it. Use Node 22.21, 24.5 or newer, or unset HTTPS_PROXY and HTTP_PROXY.`,
    );
  const proxyEnv = {
    ...(proxies.http === undefined ? {} : { HTTP_PROXY: proxies.http }),
    ...(proxies.https === undefined ? {} : { HTTPS_PROXY: proxies.https }),
    NO_PROXY: proxies.none,
  };
  return { http: new HttpAgent({ keepAlive: true, proxyEnv }), https: new HttpsAgent({ keepAlive: true, proxyEnv }) };
}
