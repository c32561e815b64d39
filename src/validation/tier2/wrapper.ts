import { randomUUID } from 'node:crypto';
import type { Issue, Json } from '../../core/model.ts';
import { isElement, listOf } from '../fhirpath/index.ts';

/** Asks a validator-wrapper: ours, a site's own, or the one inside fhir-validator-js. */
export interface Wrapper {
  /** Engine version as the wrapper tells it. */
  version(): Promise<string>;
  /**
   * Validates JSON texts against what they claim and these profiles; one list of issues for each.
   * @throws AuthorityError when the wrapper does not answer in time, dies, or answers something else.
   */
  validate(texts: readonly string[], profiles?: readonly string[]): Promise<readonly (readonly Issue[])[]>;
}

/** Tier 2 could not do its work. Never a verdict on a payload. */
export class AuthorityError extends Error {
  /** The service answered, with this status: it lives, and what it was asked is at fault. Absent when nothing answered. */
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

export interface WrapperOptions {
  /** Milliseconds for one request. Default 60,000. */
  readonly timeout?: number;
  /** Sent as cliContext, e.g. `{igs: ['hl7.fhir.us.core#6.1.0']}` for a wrapper that loads on demand. */
  readonly context?: { readonly [key: string]: Json };
  readonly signal?: AbortSignal;
}

export function createWrapper(base: string, options: WrapperOptions = {}): Wrapper {
  const url = base.replace(/\/+$/, '');
  const timeout = options.timeout ?? 60_000;

  async function ask(path: string, init: RequestInit): Promise<string> {
    const signals = [AbortSignal.timeout(timeout), ...(options.signal ? [options.signal] : [])];
    try {
      const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.any(signals), redirect: 'error' });
      const text = await response.text();
      if (response.status !== 200) throw new AuthorityError(`${url}${path} answered ${response.status}: ${text.slice(0, 200)}`, response.status);
      return text;
    } catch (cause) {
      if (cause instanceof AuthorityError) throw cause;
      const late = cause instanceof DOMException && cause.name === 'TimeoutError';
      throw new AuthorityError(late ? `${url}${path} did not answer within ${timeout} ms` : `${url}${path} cannot be reached: ${reason(cause)}`);
    }
  }

  return {
    version: async () => (await ask('/validator/version', {})).trim().slice(0, 80),
    async validate(texts, profiles = []) {
      if (texts.length === 0) return [];
      const names = texts.map((_, i) => `${randomUUID()}_${i}.json`);
      const body = JSON.stringify({
        cliContext: { sv: '4.0.1', txServer: null, ...options.context, profiles },
        filesToValidate: texts.map((fileContent, i) => ({ fileName: names[i] ?? '', fileContent, fileType: 'json' })),
        sessionId: randomUUID(),
      });
      const answer = await ask('/validate', { method: 'POST', headers: { 'content-type': 'application/json' }, body: plainEscapes(body) });
      return outcomesOf(answer, names, url);
    },
  };
}

/** The engine's JSON reader knows no \\b and \\f. */
const plainEscapes = (json: string): string =>
  json.replace(/\\(.)/g, (all, code: string) => (code === 'b' ? '\\u0008' : code === 'f' ? '\\u000c' : all));

function outcomesOf(answer: string, names: readonly string[], url: string): readonly (readonly Issue[])[] {
  let parsed: Json;
  try {
    parsed = JSON.parse(answer) as Json;
  } catch {
    throw new AuthorityError(`${url}/validate answered something that is not JSON: ${answer.slice(0, 120)}`);
  }
  const outcomes = isElement(parsed) ? listOf(parsed['outcomes']) : [];
  return names.map((name) => {
    const mine = outcomes.find((each) => isElement(each) && isElement(each['fileInfo']) && each['fileInfo']['fileName'] === name);
    if (!isElement(mine)) throw new AuthorityError(`${url}/validate left out ${name} of ${names.length} files`);
    return listOf(mine['issues']).filter(isElement).map(issueOf);
  });
}

/** Messages of the engine that mean "the code system or value set is not loaded". */
const unverifiable =
  /^(UNKNOWN_CODESYSTEM|UNKNOWN_VALUESET|UNABLE_TO_|TERMINOLOGY_TX_SYSTEM_NOTKNOWN|TERMINOLOGY_TX_SYSTEM_UNSUPPORTED|Terminology_TX_ValueSet_NotFound|Terminology_PassThrough|VALUESET_TOO_COSTLY|VALUESET_UNABLE|VALIDATION_VAL_PROFILE_UNKNOWN|Terminology_TX_NoValid_(1[04]|4|7)|Validation_VAL_Profile_Unknown|Extension_EXT_Unknown|Extension_EXT_Version|Type_Specific_Checks_DT_URL_Resolve)/i;

const severities: Readonly<Record<string, Issue['severity']>> = { FATAL: 'error', ERROR: 'error', WARNING: 'warning', INFORMATION: 'information' };

/** One issue of the engine in our terms. The rule is the engine's message id, so that it can be looked up there. */
export function issueOf(issue: { readonly [key: string]: Json }): Issue {
  const text = String(issue['message'] ?? '');
  const rule = String(issue['messageId'] ?? issue['type'] ?? 'unnamed');
  const level = severities[String(issue['level'] ?? '').toUpperCase()] ?? 'information';
  const line = issue['line'];
  // The engine names the profile in its text only: `(from http://...|6.1.0)`, or in the id of a constraint.
  const profile = /\((?:from|defined in) (https?:[^\s)]+)\)/.exec(text)?.[1] ?? /^(https?:[^#]+)#/.exec(rule)?.[1];
  return {
    severity: unverifiable.test(rule) && level !== 'information' ? 'not-verifiable' : level,
    rule,
    expression: String(issue['location'] ?? ''),
    text: text.slice(0, 1000),
    tier: 2,
    ...(profile === undefined ? {} : { profile }),
    ...(typeof line === 'number' && line > 0 ? { line } : {}),
  };
}

const reason = (cause: unknown): string =>
  cause instanceof Error ? `${cause.message}${cause.cause instanceof Error ? ` (${cause.cause.message})` : ''}` : String(cause);
