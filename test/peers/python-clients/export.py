"""One export by smart-fetch, a bulk client of PyPI, with the variables of a trigger."""

import json
import os
import sys
import tempfile

from smart_fetch.cli.main import main_cli

with tempfile.TemporaryDirectory() as folder:
    with open(os.environ["PAYER_KEY_JWK"]) as file:
        key = {**json.load(file), "key_ops": ["sign"], "alg": "ES384", "kid": os.environ["PAYER_KEY_ID"]}
    keys = os.path.join(folder, "keys.jwks")
    with open(keys, "w") as file:
        json.dump({"keys": [key]}, file)
    who = ["--fhir-url", os.environ["PAYER_FHIR_BASE"], "--smart-client-id", os.environ["PAYER_CLIENT_ID"], "--smart-key", keys]
    what = ["--group", os.environ["PAYER_GROUP"], "--type", "Patient,Observation", "--no-default-filters"]
    sys.argv = ["smart-fetch", "bulk", os.path.join(folder, "out"), *who, *what]
    main_cli()
