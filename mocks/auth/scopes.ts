/**
 * SMART scopes, both generations: `system/Patient.read` (v1) and `system/Patient.rs` (v2), with wildcards.
 * Source: https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
 */
export interface Scope {
  readonly level: 'patient' | 'user' | 'system';
  /** A resource type or `*`. */
  readonly type: string;
  /** Letters of `cruds`, in that order. */
  readonly actions: string;
}

const shape = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|[cruds]+)$/;
const generations: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' };

/** Undefined for anything that is not a SMART resource scope; letters out of order are refused, as the guide demands. */
export function parseScope(text: string): Scope | undefined {
  const [, level, type, wanted] = shape.exec(text) ?? [];
  if (level === undefined || type === undefined || wanted === undefined) return undefined;
  const actions = generations[wanted] ?? wanted;
  return /^c?r?u?d?s?$/.test(actions) ? { level: level as Scope['level'], type, actions } : undefined;
}

/** True when one of the scopes lets its holder do all these actions to this type. */
export const permits = (scopes: readonly string[], type: string, actions: string): boolean =>
  [...actions].every((action) =>
    scopes.some((each) => {
      const scope = parseScope(each);
      return scope !== undefined && (scope.type === '*' || scope.type === type) && scope.actions.includes(action);
    }),
  );

/**
 * What is granted of a request: known scopes that lie within the registration, each spelt as it was asked for.
 * A request for more than the registration holds is cut down to what it does hold, or dropped.
 */
export function grantable(requested: readonly string[], registered: readonly string[]): readonly string[] {
  return requested.flatMap((text) => {
    const scope = parseScope(text);
    if (scope?.level !== 'system') return [];
    const held = [...scope.actions].filter((action) => permits(registered, scope.type, action)).join('');
    if (held === scope.actions) return [text];
    if (held !== '') return [`system/${scope.type}.${held}`];
    // A wildcard asked of a registration by types becomes those types.
    return scope.type === '*' ? registered.filter((each) => parseScope(each)?.actions === scope.actions) : [];
  });
}
