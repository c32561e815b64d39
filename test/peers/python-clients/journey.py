"""One journey of a FHIR client of PyPI: the patient, and every page of results. Usage: journey.py fhirpy|fhirclient, with the variables of a trigger."""

import base64
import itertools
import json
import os
import subprocess
import sys
import time
import uuid

import requests

BASE, PATIENT = os.environ["PAYER_FHIR_BASE"], os.environ["PAYER_PATIENT_ID"]
MOST = 40


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signature(text):
    """ES384 by openssl, which writes DER: the two numbers in it are what a JWT wants."""
    der = subprocess.run(
        ["openssl", "dgst", "-sha384", "-sign", os.environ["PAYER_KEY_PEM"]], input=text.encode(), capture_output=True, check=True
    ).stdout
    numbers, at = b"", 2
    for _ in range(2):
        size = der[at + 1]
        numbers += der[at + 2 : at + 2 + size].lstrip(b"\0").rjust(48, b"\0")
        at += 2 + size
    return part(numbers)


def token():
    """Neither client has a backend token of its own."""
    url, client, now = os.environ["PAYER_TOKEN_URL"], os.environ["PAYER_CLIENT_ID"], int(time.time())
    head = {"alg": "ES384", "typ": "JWT", "kid": os.environ["PAYER_KEY_ID"]}
    claims = {"iss": client, "sub": client, "aud": url, "jti": str(uuid.uuid4()), "iat": now, "exp": now + 240}
    text = ".".join(part(json.dumps(each).encode()) for each in (head, claims))
    form = {
        "grant_type": "client_credentials",
        "scope": "system/Patient.rs system/Observation.rs",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": f"{text}.{signature(text)}",
    }
    return requests.post(url, data=form, timeout=10).json()["access_token"]


def by_fhirpy():
    from fhirpy import SyncFHIRClient

    client = SyncFHIRClient(BASE, authorization=f"Bearer {token()}", requests_config={"timeout": 10})
    client.get("Patient", PATIENT)
    found = client.resources("Observation").search(patient=PATIENT, category="laboratory").limit(20)
    for _ in itertools.islice(found, MOST):
        pass


def by_fhirclient():
    from fhirclient import client
    from fhirclient.auth import FHIROAuth2Auth
    from fhirclient.models.observation import Observation
    from fhirclient.models.patient import Patient

    smart = client.FHIRClient(settings={"app_id": os.environ["PAYER_CLIENT_ID"], "api_base": BASE})
    smart.prepare()
    smart.server.auth = FHIROAuth2Auth(state={"access_token": token()})
    Patient.read(PATIENT, smart.server)
    found = Observation.where({"patient": PATIENT, "category": "laboratory", "_count": "20"}).perform_resources_iter(smart.server)
    for _ in itertools.islice(found, MOST):
        pass


{"fhirpy": by_fhirpy, "fhirclient": by_fhirclient}[sys.argv[1]]()
