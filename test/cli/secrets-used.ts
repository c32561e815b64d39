import { authMemory } from '../../mocks/auth/memory.ts';
import type { Embedded } from '../../mocks/embedded.ts';

/** Tokens that the payer gave. */
export const tokensOf = (embedded: Embedded): readonly string[] => [...authMemory(embedded.payer.state).tokens.keys()];

/** Tokens that the payer gave, assertions and statements that it was sent, and the private parts of every key. */
export function secretsUsed(embedded: Embedded): readonly string[] {
  const heard = embedded.payer.asked.map(({ body, headers }) => `${plain(body ?? '')} ${headers['authorization'] ?? ''}`).join('\n');
  const jwts = heard.match(/eyJ[\w-]{20,}\.[\w-]+\.[\w-]*/g) ?? [];
  const keys = Object.values(embedded.secrets).flatMap((secret) =>
    secret.startsWith('{') ? privateParts(secret) : (secret.match(/^[\w+/=]{40,}$/gm) ?? []),
  );
  const signatures = jwts.map((each) => each.split('.')[2] ?? '').filter((signature) => signature.length > 40);
  return [...new Set([...jwts, ...signatures, ...keys, ...tokensOf(embedded)])];
}

const privateParts = (jwk: string): readonly string[] => {
  const members = JSON.parse(jwk) as Readonly<Record<string, string>>;
  return ['d', 'p', 'q', 'dp', 'dq', 'qi'].flatMap((name) => members[name] ?? []);
};

function plain(body: string): string {
  try {
    return decodeURIComponent(body);
  } catch {
    return body;
  }
}
