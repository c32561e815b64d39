import { asArray, asString, at } from './fhir.ts';
import type { Json } from './json.ts';

/** SMART App Launch's own word for the address of an app. Source: http://hl7.org/fhir/smart-app-launch/STU2.2/CodeSystem-smart-codes.html */
export const appCoding = { system: 'http://hl7.org/fhir/smart-app-launch/CodeSystem/smart-codes', code: 'smartonfhir-application' } as const;

const isApp = (coding: Json | undefined): boolean => at(coding, 'system') === appCoding.system && at(coding, 'code') === appCoding.code;

/**
 * Is what a content of a DocumentReference points to an app to launch, and no document to fetch? Its format, or the type or a category of the reference,
 * is SMART's code for apps. An attachment that is a web page says nothing of the kind.
 */
export const isAppContent = (reference: Json, content: Json): boolean =>
  isApp(at(content, 'format')) ||
  [at(reference, 'type'), ...asArray(at(reference, 'category'))].some((concept) => asArray(at(concept, 'coding')).some(isApp));

/** Launch addresses that a DocumentReference holds. */
export const appUrlsIn = (reference: Json): readonly string[] =>
  asArray(at(reference, 'content')).flatMap((content) =>
    isAppContent(reference, content) ? (asString(at(content, 'attachment', 'url')) ?? []) : [],
  );
