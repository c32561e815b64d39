/** The code `transient` and those below it: the same request may work later. */
const transientIssues = ['transient', 'lock-error', 'no-store', 'exception', 'timeout', 'incomplete', 'throttled'] as const;

/**
 * Codes of the required value set issue-type, parents and leaves.
 * Source: http://hl7.org/fhir/R4/valueset-issue-type.html
 */
export const issueTypes: ReadonlySet<string> = new Set([
  ...['invalid', 'structure', 'required', 'value', 'invariant'],
  ...['security', 'login', 'unknown', 'expired', 'forbidden', 'suppressed'],
  ...['processing', 'not-supported', 'duplicate', 'multiple-matches', 'not-found', 'deleted', 'too-long', 'code-invalid', 'extension', 'too-costly'],
  ...['business-rule', 'conflict', ...transientIssues, 'informational'],
]);

const badRequest = ['invalid', 'structure', 'required', 'value', 'invariant', 'code-invalid', 'extension', 'too-long', 'not-supported', 'processing'];
const refused = ['business-rule', 'duplicate', 'multiple-matches', 'not-found', 'suppressed', 'conflict', 'incomplete', 'security', 'forbidden'];

/** issue.code values that fit an HTTP status. A status that is not listed takes the codes of its class. */
const fitting: Readonly<Record<number, readonly string[]>> = {
  400: [...badRequest, 'business-rule', 'expired', 'login', 'too-costly', 'multiple-matches', 'not-found'],
  401: ['login', 'expired', 'security', 'unknown'],
  403: ['forbidden', 'security', 'suppressed', 'business-rule', 'throttled', 'too-costly'],
  404: ['not-found', 'deleted', 'not-supported', 'unknown', 'suppressed', 'processing'],
  405: ['not-supported', 'processing', 'business-rule'],
  406: ['not-supported', 'invalid', 'processing'],
  409: ['conflict', 'duplicate', 'lock-error', 'business-rule'],
  410: ['deleted', 'not-found', 'expired'],
  412: ['conflict', 'required', 'multiple-matches', 'business-rule', 'incomplete', 'processing', 'not-found'],
  413: ['too-long', 'too-costly', 'not-supported'],
  415: ['not-supported', 'invalid', 'structure', 'processing'],
  422: [...badRequest, ...refused],
  429: ['throttled', 'transient', 'too-costly'],
  500: ['exception', 'transient', 'processing', 'no-store', 'incomplete', 'timeout'],
  501: ['not-supported'],
  503: ['transient', 'throttled', 'timeout', 'lock-error', 'exception', 'incomplete'],
  504: ['timeout', 'transient'],
};

/** RFC 6749 section 5.2, RFC 6750 section 3.1, RFC 7591 section 3.2.2 and UDAP, by status. */
const oauth: Readonly<Record<number, readonly string[]>> = {
  400: [
    ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope', 'invalid_target'],
    ...['invalid_redirect_uri', 'invalid_client_metadata', 'invalid_software_statement', 'unapproved_software_statement'],
  ],
  401: ['invalid_client', 'invalid_token', 'unauthorized_client'],
  403: ['insufficient_scope', 'access_denied', 'unauthorized_client'],
  429: ['slow_down', 'temporarily_unavailable'],
  503: ['temporarily_unavailable', 'server_error'],
};

/** Does this OAuth error exist, and fit the status? */
export const oauthFits = (status: number, code: string): boolean => (oauth[status] ?? []).includes(code);
export const isOauthCode = (code: string): boolean => Object.values(oauth).some((codes) => codes.includes(code)) || code === 'server_error';

/** Does this issue.code fit the status? */
export function issueFits(status: number, code: string): boolean {
  const known = fitting[status];
  if (known) return known.includes(code);
  return status >= 500 ? (fitting[500] ?? []).includes(code) : badRequest.includes(code) || refused.includes(code);
}

/** Codes that invite the same request again; OAuth says it in two words of its own. */
const transientCodes: ReadonlySet<string> = new Set([...transientIssues, 'slow_down', 'temporarily_unavailable']);
export const isTransient = (code: string | undefined): boolean => code !== undefined && transientCodes.has(code);
