import { asArray, asObject, at, type JsonObject, parseJson } from '../../../src/core/fhir.ts';
import { fhir } from '../../kernel/replies.ts';
import { answers, refusal, withJson } from '../answers.ts';
import type { Case } from '../case.ts';

/**
 * A payer that takes subscriptions to its attribution lists. Nothing is ever sent to the addresses that they name: what is judged is how the client asks, and
 * that it ends what it no longer needs. Source: http://hl7.org/fhir/us/davinci-atr/subscription.html
 */
export const subscriptionCase: Case = {
  id: 'B15',
  group: 'G11',
  journey: 'roster',
  scene: 'subscribe',
  does: 'subscriptions to the attribution list are accepted',
  serves: (stage) => {
    const kept = new Map<string, JsonObject>();
    return {
      rules: answers({
        metadata: (reply) =>
          withJson(reply, (json) => {
            const [server, ...others] = asArray(json['rest']);
            const own = { type: 'Subscription', interaction: ['create', 'read', 'update'].map((code) => ({ code })) };
            return { ...json, rest: [{ ...asObject(server), resource: [...asArray(at(server, 'resource')), own] }, ...others] };
          }),
      }),
      instead: ({ method, path, headers, body }) => {
        const [, id] = /^\/fhir\/Subscription(?:\/([A-Za-z0-9.-]+))?$/.exec(path) ?? [];
        if (!/^\/fhir\/Subscription(\/|$)/.test(path)) return undefined;
        const step = 'operation';
        if (headers['authorization'] === undefined) return { step, reply: refusal(stage, 401, 'login', 'Send the token.') };
        const found = id === undefined ? undefined : kept.get(id);
        if (method === 'GET' && found !== undefined) return { step, reply: fhir(found) };
        if (method === 'DELETE' && id !== undefined && kept.delete(id)) return { step, reply: { status: 204, headers: {}, body: '' } };
        const sent = asObject(parseJson(body));
        if (sent['resourceType'] !== 'Subscription' || !['POST', 'PUT'].includes(method))
          return { step, reply: refusal(stage, method === 'GET' || method === 'DELETE' ? 404 : 400, 'invalid', 'Send a Subscription.') };
        const name = id ?? `s-${stage.word}-${kept.size + 1}`;
        const stored = { ...sent, id: name, ...(sent['status'] === 'requested' ? { status: 'active' } : {}) };
        kept.set(name, stored);
        const location = { location: `${stage.root}/fhir/Subscription/${name}` };
        return { step, reply: fhir(stored, found === undefined ? 201 : 200, found === undefined ? location : {}) };
      },
    };
  },
};
