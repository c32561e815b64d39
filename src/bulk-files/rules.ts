import type { Severity } from './result.ts';

/** Our own rules for lines and files. Those of the R4 schema (`shape.*`) and of profiles keep the names that the validator gives them. */
export const fileRules = {
  'file.gzip': { severity: 'error', what: 'the gzip stream is cut off or damaged' },
  'file.missing': { severity: 'error', what: 'the manifest lists a file that is not there' },
  'file.type': { severity: 'error', what: 'a resource of another type than the file is for' },
  'file.cut': { severity: 'error', what: 'the file ends in the middle of a resource' },
  'line.bom': { severity: 'warning', what: 'a byte order mark at the start of the file' },
  'line.crlf': { severity: 'warning', what: 'the line ends with CR LF' },
  'line.blank': { severity: 'warning', what: 'a line with nothing on it' },
  'line.utf8': { severity: 'error', what: 'bytes that are not UTF-8' },
  'line.json': { severity: 'error', what: 'the line is not JSON' },
  'line.split': { severity: 'error', what: 'a resource is split over several lines' },
  'line.too-long': { severity: 'not-verifiable', what: 'the line is longer than we hold' },
  'resource.none': { severity: 'error', what: 'the line is JSON but no FHIR resource' },
  'resource.type': { severity: 'error', what: 'the resourceType is not an R4 type' },
  'resource.id': { severity: 'error', what: 'the resource has no id, or an invalid one' },
  'resource.empty': { severity: 'error', what: 'an empty array or object' },
  'resource.deep': { severity: 'not-verifiable', what: 'the resource is nested deeper than we go' },
  'reference.form': { severity: 'error', what: 'a reference that is neither relative, nor a URL, nor a URN' },
  'reference.type': { severity: 'error', what: 'a reference to a type that R4 does not have' },
  'reference.contained': { severity: 'error', what: 'a reference into the resource finds nothing there' },
} as const satisfies Readonly<Record<string, { readonly severity: Severity; readonly what: string }>>;

export type FileRule = keyof typeof fileRules;
