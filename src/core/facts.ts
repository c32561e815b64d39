import type { Json } from './json.ts';
import type { Scenario } from './vocabulary.ts';

/**
 * Facts that a pure judge cannot compute (signature valid, chain trusted, TLS version, C-CDA parsed): established by the client or in `enrich`, read by
 * judges and reports. A new fact is declared here first; its name is dotted and owned by one writer. What a server sent stays `Json`.
 */
export type Facts = TransportFacts &
  MannersFacts &
  TlsFacts &
  UdapFacts &
  DocumentFacts &
  SearchFacts &
  ValidationFacts &
  ExportFacts &
  FileFacts &
  EhrFacts &
  AppFacts &
  HeardFacts;

/** Written by src/client/transport.ts. */
export type TransportFacts = {
  /** Of a body that is not JSON, base64: its bytes do not survive as text. */
  readonly 'body.sha1'?: string;
};

/** Written by src/client/manners: which way an answer came. URLs without their query. */
export type MannersFacts = {
  /** Redirects followed, in order. The exchange's request is the question as it was put first. */
  readonly 'http.hops'?: readonly { readonly status: number; readonly from: string; readonly to: string }[];
  /** Why a redirect was not followed. */
  readonly 'http.notFollowed'?: string;
  /** Earlier tries of this request: refused for now, or lost before the first byte. */
  readonly 'http.retries'?: readonly Json[];
};

/** Written by src/client/transport.ts, and in full by src/client/tls-probe.ts at step `tls`. */
export type TlsFacts = {
  readonly 'tls.offered'?: 'legacy' | 'modern';
  /** `TLSv1.3` ...; null when no handshake came about. */
  readonly 'tls.protocol'?: string | null;
  readonly 'tls.authorized'?: boolean;
  readonly 'tls.authorizationError'?: string;
  readonly 'tls.validFrom'?: string | null;
  readonly 'tls.validTo'?: string | null;
  readonly 'tls.names'?: string | null;
  readonly 'tls.issuer'?: string | null;
  readonly 'tls.subject'?: string | null;
  readonly 'tls.httpStatus'?: number;
  readonly 'tls.error'?: string;
  /** Our own TLS library cannot make the offer. */
  readonly 'tls.unable'?: true;
};

/** Written by src/enrich/udap.ts: `jws.*`, `san.*` and `chain.*` at `udap.metadata`, `sent.*` where we register or ask for a token. */
export type UdapFacts = {
  readonly 'jws.compact'?: boolean;
  readonly 'jws.alg'?: Json;
  /** How many certificates the header holds. */
  readonly 'jws.x5c'?: number;
  readonly 'jws.claims'?: Json;
  readonly 'jws.valid'?: boolean;
  readonly 'jws.why'?: string;
  readonly 'san.uris'?: readonly string[];
  readonly 'san.all'?: string;
  readonly 'chain.status'?: string;
  readonly 'chain.reason'?: string;
  /** Communities whose anchors the chain leads to. */
  readonly 'chain.communities'?: readonly string[];
  readonly 'chain.crl'?: string;
  /** The JOSE header that we sent, with the number of certificates for x5c. */
  readonly 'sent.header'?: Json;
  readonly 'sent.claims'?: Json;
};

/** Written by src/enrich/ccda.ts and src/enrich/json.ts. */
export type DocumentFacts = {
  readonly 'ccda.root'?: string;
  readonly 'ccda.namespace'?: string;
  readonly 'ccda.recordTarget'?: 'member' | 'other' | 'contradicts' | 'unclear';
  readonly 'ccda.problem'?: string;
  /** The problem is our limit. */
  readonly 'ccda.limit'?: true;
  /** Names that stand twice in one object, as JSON pointers. */
  readonly 'json.duplicateNames'?: readonly string[];
};

/** Written by src/enrich/names.ts. */
export type SearchFacts = {
  /** Patients in the answer to a search by name. */
  readonly 'search.named'?: number;
  /** Those of them of which no part of a name begins as the name that was asked for. */
  readonly 'search.otherNames'?: number;
};

/** Written by src/enrich/validation.ts. Canonicals with version where known. */
export type ValidationFacts = {
  /** Profiles that were applied. */
  readonly 'validation.profiles'?: readonly string[];
  /** Profiles that the resources claim. */
  readonly 'validation.claimed'?: readonly string[];
  /** Why profiles were not applied, one sentence each. */
  readonly 'validation.absent'?: readonly string[];
  /** Issues by severity, also those that are not kept. */
  readonly 'validation.counts'?: Readonly<Record<string, number>>;
};

/** Written by src/client/bulk: polls, retries and what all files of an export say together. Times in ms. */
export type ExportFacts = {
  /** Which poll of the job this was, from 1. */
  readonly 'bulk.poll'?: number;
  /** What Retry-After asked for; null when it asked for nothing. */
  readonly 'bulk.asked'?: number | null;
  readonly 'bulk.waited'?: number;
  /** Earlier tries of this request that met a passing fault. */
  readonly 'bulk.retries'?: readonly Json[];
  /** On the answer with the manifest: what the files say together, by question (`questions` in src/bulk-files/reconcile.ts), or why they were not compared. */
  readonly 'export.together'?: Json;
  /** The resources that row questions picked, and whether others refer to them, so that limits do not bind them. */
  readonly 'export.picked'?: readonly Json[];
};

/** Written by src/client/bulk/download.ts and src/enrich/files at step `bulk.file`. They speak for the whole file, whatever is stored of it. */
export type FileFacts = {
  readonly 'file.kind'?: 'output' | 'deleted' | 'error';
  /** The type that the manifest gives the file. */
  readonly 'file.type'?: string;
  /** Name under the download folder. */
  readonly 'file.saved'?: string;
  /** The stored body is the whole file. */
  readonly 'file.whole'?: boolean;
  /** Bytes stored, and decoded bytes in all. */
  readonly 'file.kept'?: number;
  readonly 'file.bytes'?: number;
  /** Lines with something on them, and blank ones. */
  readonly 'file.lines'?: number;
  readonly 'file.blank'?: number;
  readonly 'file.crlf'?: number;
  readonly 'file.bom'?: boolean;
  /** Lines too long for us to read. */
  readonly 'file.unread'?: number;
  /** Resources by type. */
  readonly 'file.types'?: Readonly<Record<string, number>>;
  /** The first line that is not one JSON resource. */
  readonly 'file.bad'?: { readonly line: number; readonly why: string } | null;
  /** Numbers of the last lines of the stored body, which come from behind its beginning. */
  readonly 'file.beyond'?: readonly number[];
  readonly 'file.sha256'?: string;
  /** How often the download was taken up again. */
  readonly 'file.resumed'?: number;
  /** The bytes are gzip although nothing announced it. */
  readonly 'file.gzipBytes'?: boolean;
  readonly 'file.decodeError'?: string | null;
  /** Why the download broke off. */
  readonly 'file.cut'?: string;
  /** Every line was judged on the way, and by what; or why not. */
  readonly 'file.judged'?: 'schema' | 'profiles';
  readonly 'file.unjudged'?: string;
  /** What is wrong, by rule: severity, count, the first few. */
  readonly 'file.rules'?: Json;
  /** Lines picked by the row question of each check. */
  readonly 'file.asked'?: Readonly<Record<string, number>>;
};

/** Written by the EHR that we play (suites/crd/lib.ts) at step `ehr.callback`. */
export type EhrFacts = {
  /** The call carried the token that we had handed out. */
  readonly 'ehr.authorised'?: boolean;
};

/** Written by src/client/app at `app.page`, `app.call` and `app.seen`: which app this launch is of, from 0, and to which scenario it belongs. */
export type AppFacts = AppCallFacts & AppSeenFacts & { readonly 'app.nth'?: number; readonly 'app.scenario'?: Scenario };

/** At `app.call`: one request of a launched app to our EHR, compared with its launch before anything is redacted. */
export type AppCallFacts = {
  readonly 'app.call'?: 'discovery' | 'metadata' | 'authorize' | 'token' | 'refresh' | 'query' | 'other';
  readonly 'app.authorize'?: {
    readonly responseType: string;
    /** `same`: the one of the target file, or any where it names none. */
    readonly client: 'same' | 'absent' | 'other';
    /** Its origin. */
    readonly redirect: string;
    readonly scope: string;
    readonly launch: 'same' | 'absent' | 'other';
    readonly aud: 'iss' | 'absent' | 'other';
    /** Most bits that a value of this form can hold, and a mark by which equal values are known; null when there is no state. */
    readonly state: { readonly bits: number; readonly mark: string } | null;
    readonly method: string;
    /** Length of the code challenge. */
    readonly challenge: number;
  };
  readonly 'app.token'?: {
    /** How the app proved who it is; absent in runs stored before this was noted. */
    readonly client?: 'basic' | 'post' | 'assertion' | 'none';
    readonly code: 'first' | 'again' | 'unknown';
    readonly verifier: 'matches' | 'differs' | 'absent';
    readonly redirect: boolean;
  };
  /** The query carried the token of this launch. */
  readonly 'app.authorised'?: boolean;
};

/** At `app.seen`: what a person, or the browser, saw of one launch. */
export type AppSeenFacts = {
  readonly 'app.shows'?: { readonly member: boolean /** null: nobody said by which words it shows. */; readonly context: boolean | null };
  /** ms from the launch until the member's name could be read; null: it never could. */
  readonly 'app.firstUseful'?: number | null;
  /** What could be read while our FHIR server had not answered yet; null: nothing was asked of it. */
  readonly 'app.waiting'?: string | null;
  /** Lines that could be read on the way and not in the end. */
  readonly 'app.passing'?: string;
  /** Our clock ended it: the page was still busy. */
  readonly 'app.busy'?: boolean;
  /** Script that we sent as words of a refusal ran in the page. */
  readonly 'app.ranInput'?: boolean;
  /** Errors of the page's own scripts. */
  readonly 'app.errors'?: readonly string[];
  /** Other origins that the browser was sent to, with what of this launch went there; `clear`: over plain http, to another machine. */
  readonly 'app.origins'?: readonly {
    readonly origin: string;
    readonly requests: number;
    readonly carries: readonly string[];
    readonly clear: boolean;
  }[];
  /** Where the access token is found in the browser in the end: `url`, `localStorage`, `sessionStorage`, `cookie`, `clear cookie` (without Secure). */
  readonly 'app.tokenIn'?: readonly string[];
  readonly 'app.barriers'?: readonly { readonly rule: string; readonly impact: string; readonly help: string; readonly count: number }[];
  /** Why nobody looked for barriers. */
  readonly 'app.barriersUnseen'?: string;
  /** Name of the picture in the folder of the run. */
  readonly 'app.picture'?: string;
  /** The same of its trace, for Playwright's viewer. */
  readonly 'app.trace'?: string;
};

/** Written by the scripted payer (mocks/client) where a client is under test. Times in ms since the recording began, by a clock that never goes back. */
export type HeardFacts = {
  /** When the head of the request had come. */
  readonly 'heard.came'?: number;
  /** When the last byte of the answer had gone, or the connection was over. */
  readonly 'heard.left'?: number;
  /** Where it came in; `caller`: it is a request of ours to the client's own FHIR server. */
  readonly 'heard.listener'?: 'payer' | 'canary' | 'plain' | 'caller';
  /** Of a request of ours: what it was for, and what the answer should name. */
  readonly 'heard.asked'?: { readonly purpose: string; readonly expects?: string; readonly cut?: true };
  /** What of a member a look-up in the directory said. */
  readonly 'heard.names'?: readonly string[];
  /** Of an answer to a hook: the first 16 digits of its SHA-256, in hexadecimal. */
  readonly 'heard.hash'?: string;
  /** Of a hook call: where its resources are no valid FHIR R4, as `Type/id: element (rule)`, without a word of what is there. Written by src/client-side. */
  readonly 'heard.invalid'?: readonly string[];
  /** TLS version of the connection, e.g. TLSv1.3. */
  readonly 'heard.tls'?: string;
  /** Number of the connection, from 1. */
  readonly 'heard.connection'?: number;
  /** Requests of this case that were open when this one came, itself included. */
  readonly 'heard.open'?: number;
  /** How it ended, where not with a whole answer. */
  readonly 'heard.end'?: 'closed by the client' | 'broken off by the script';
  /** The JWT that the request carried, and whether a registered key verifies it. */
  readonly 'heard.jwt'?: {
    readonly header: Json;
    readonly claims: Json;
    readonly verified: boolean;
    readonly keys: number;
    /**
     * Where the header brings its certificates: URIs of the first, whether each is certified by the next, and the last by an anchor of the community (absent:
     * nobody said which, or the chain goes on elsewhere).
     */
    readonly x5c?: { readonly uris: readonly string[]; readonly chained: boolean; readonly anchored?: boolean };
  };
  /** The access token that the request carried: which of those that this case gave out, and how long it still lived. */
  readonly 'heard.token'?: { readonly nth: number; readonly left: number } | 'not one of ours';
  /** Of an authorization request: is this client known, and its redirect_uri registered (`unknown`: nobody said which are); a mark of the state, or null. */
  readonly 'heard.authorize'?: {
    readonly client: 'registered' | 'other';
    readonly redirect: 'registered' | 'other' | 'absent' | 'unknown';
    readonly state: string | null;
  };
  /** Of a token request with an authorization code: compared with the authorization request that the code is of. */
  readonly 'heard.code'?: {
    readonly code: 'first' | 'again' | 'unknown';
    readonly verifier: 'matches' | 'differs' | 'absent';
    readonly redirect: 'same' | 'differs' | 'absent';
  };
  /** The access token that the answer gave out. */
  readonly 'heard.gave'?: { readonly nth: number; readonly life: number };
};

/** The name of a fact. */
export type FactName = keyof Facts;
