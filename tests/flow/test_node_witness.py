"""Independent RFC 9449 libraries, run in Node, work with the server."""

import json
import subprocess
from pathlib import Path

from support.people import OLGA
from support.server import ServerProcess

SCRIPT = Path(__file__).parents[1] / "support" / "node_witness.mjs"


def test_dpop_and_oauth4webapi_sign_in_and_read(server: ServerProcess) -> None:
    run = subprocess.run(
        ["node", SCRIPT, server.address, OLGA.email, OLGA.password],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["withoutNonce"] == [401, 'DPoP error="use_dpop_nonce", algs="ES256"']
    assert (told["signIn"], told["operator"]) == (200, OLGA.email)
    assert told["nonceError"] is True
    assert told["me"] == [200, OLGA.email]
    assert told["unauthenticated"] == "invalid_dpop_proof"
    assert told["bearer"] == [401, 'DPoP error="invalid_token", algs="ES256"']
    kept = server.rows("SELECT thumbprint FROM session WHERE thumbprint = ?", told["thumbprint"])
    assert len(kept) == 1, "both sides make the same thumbprint of the key (RFC 7638)"
