import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Json } from '../../core/model.ts';

/** Signs id_tokens with a key of this run, made when the first app asks who the user is. */
export function createSigner() {
  let made: ReturnType<typeof generateKeyPair> | undefined;
  const keys = () => {
    made ??= generateKeyPair('RS256');
    return made;
  };
  return {
    async jwks(): Promise<Json> {
      return { keys: [{ ...((await exportJWK((await keys()).publicKey)) as Readonly<Record<string, Json>>), kid: 'ehr', alg: 'RS256', use: 'sig' }] };
    },
    /** Source: http://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-identity-data */
    async idToken({ iss, sub, aud, fhirUser }: { readonly iss: string; readonly sub: string; readonly aud: string; readonly fhirUser: string }) {
      return new SignJWT({ fhirUser })
        .setProtectedHeader({ alg: 'RS256', kid: 'ehr' })
        .setIssuer(iss)
        .setSubject(sub)
        .setAudience(aud)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign((await keys()).privateKey);
    },
  };
}
