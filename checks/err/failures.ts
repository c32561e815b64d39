import { asArray, asString, at, isObject, isResource, type JsonObject, jsonOf, parseJson, requestJsonOf } from '../../src/core/fhir.ts';
import { isThrottled, notTestable, statusOf } from '../../src/core/findings.ts';
import { glance } from '../../src/core/memo.ts';
import type { Evidence, Exchange, Finding, Json, Step, WireResponse } from '../../src/core/model.ts';

/** Which answers of a run are failures of the FHIR layer, and how to read and alter them. */

const fhirSteps: ReadonlySet<Step> = new Set<Step>([
  ...(['metadata', 'versions', 'directory.metadata', 'directory.organization', 'directory.endpoint'] as const),
  ...(['member-match', 'match', 'idi-match', 'read', 'vread', 'search', 'page', 'everything', 'docref', 'care-gaps', 'operation'] as const),
  ...(['group.search', 'group.read', 'group.operation', 'bulk.kickoff', 'bulk.status', 'bulk.manifest', 'bulk.delete'] as const),
]);

/** Gateways answer these before FHIR is reached. */
const ofGateways = new Set([401, 403, 502, 504]);

const failed = (exchange: Exchange): boolean =>
  glance(() => statusOf(exchange) >= 400 && !isThrottled(exchange)) && exchange.request.method !== 'HEAD';

/** Every failed answer of the run, of whichever part of the payer: what none of them may show. */
export const everyFailure = ({ exchanges }: Evidence): readonly Exchange[] => exchanges.filter(failed);

/** Failures that the FHIR layer itself answered. */
export const fhirFailures = ({ exchanges }: Evidence): readonly Exchange[] =>
  exchanges.filter((each) => failed(each) && fhirSteps.has(each.step) && !glance(() => ofGateways.has(statusOf(each))));

/** Every failed answer of the FHIR layer and of the authorization before it. */
export const allFailures = ({ exchanges }: Evidence): readonly Exchange[] => exchanges.filter((each) => failed(each) && fhirSteps.has(each.step));

export const outcomeOf = (exchange: Exchange): JsonObject | undefined => {
  const value = jsonOf(exchange.response);
  return isResource(value, 'OperationOutcome') ? value : undefined;
};

/** Answers whose whole body is an OperationOutcome, of success and of failure. */
export const outcomes = ({ exchanges }: Evidence): readonly (readonly [Exchange, JsonObject])[] =>
  exchanges.flatMap((exchange) => {
    const outcome = exchange.step === 'bulk.file' ? undefined : glance(() => outcomeOf(exchange));
    return outcome ? [[exchange, outcome] as const] : [];
  });

export const issuesOf = (outcome: Json): readonly JsonObject[] => asArray(at(outcome, 'issue')).filter(isObject);
export const isSevere = (issue: JsonObject): boolean => issue['severity'] === 'error' || issue['severity'] === 'fatal';
export const codesOf = (outcome: Json): readonly string[] => issuesOf(outcome).flatMap((issue) => asString(issue['code']) ?? []);

export const nothingFailed: Finding = notTestable('No answer of this run was an error, so none can be judged.', 'not-offered');

export const requestBodyOf = ({ request }: Exchange): Json | undefined => requestJsonOf(request);

/** The answer with the first issue of its OperationOutcome changed, but only if it had this status and code. */
export function alterIssue(response: WireResponse, status: number, code: string, change: (issue: JsonObject) => JsonObject): WireResponse {
  const body = parseJson(response.body);
  if (response.status !== status || !isResource(body, 'OperationOutcome') || !codesOf(body).includes(code)) return response;
  return { ...response, body: JSON.stringify({ ...body, issue: issuesOf(body).map((issue, index) => (index === 0 ? change(issue) : issue)) }) };
}
