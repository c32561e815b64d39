import type { Json } from './json.ts';
import type { AppLink } from './target.ts';

/**
 * What areas hand on from one conversation to later ones and to their probes (`Known.notes`). A new note is declared here first. What a server sent
 * stays `Json`: whoever reads it looks before it trusts.
 */
export type Notes = {
  /** FHIR base that the directory names. */
  'discovery.base'?: string;
  /** The payer's Organization, as the directory shows it. */
  'directory.organization'?: Json;
  /** An identifier of the known member, as matching answered it. */
  'member.identifier'?: Json;
  /** The form of $member-match that the payer took. */
  'member.form'?: { readonly policy?: 'regular' | 'sensitive'; readonly coverageToLink?: boolean };
  /** Logical id of the Group to export, and of one of its members. */
  'bulk.group'?: string;
  'bulk.member'?: string;
  /** The payer takes no `_type` in exports. */
  'bulk.untyped'?: true;
  /** Types that the first export brought. */
  'bulk.types'?: Json;
  /** Service days of claims, and when rows were changed, as the first export told them: sorted. */
  'bulk.days'?: Json;
  /** transactionTime of the export that `_since` is asked against. */
  'bulk.since'?: string;
  'bulk.updated'?: Json;
  /** CRD base that the davinci-configuration file names, and the one in use. */
  'crd.address'?: string;
  'crd.base'?: string;
  /** What discovery of the CRD service listed. */
  'crd.services'?: Json;
  /** Links to SMART apps: the first that a card held, and the first of a document. */
  'app.links'?: readonly AppLink[];
  /** Folder for pictures of launched apps. */
  'run.pictures'?: string;
  /** Where the service may read what the call in hand is about. */
  'crd.ehr'?: { readonly base: string; readonly token: string; readonly scope: string; readonly seconds: number };
  /** Logical id of a Patient that only a wide token may read. */
  'resource-server.patient'?: string;
  /** `Type/id` of something that our token has just opened. */
  'resource-server.protected'?: string;
  /** A resource that the target file allows us to overwrite. */
  'resource-server.disposable'?: Json;
  /** Endpoints that UDAP metadata names, and the metadata itself. */
  'udap.registration'?: string;
  'udap.token'?: string;
  'udap.metadata'?: Json;
  'udap.clientId'?: string;
  'udap.otherClientId'?: string;
  /** An id that a changed registration replaced. */
  'udap.replacedClientId'?: string;
  /** Folder that keeps downloaded bulk files. */
  'run.downloads'?: string;
} & {
  /** The session has an access token of this name. */
  [token: `token.${string}`]: true | undefined;
};
