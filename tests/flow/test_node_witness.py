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
    output = json.loads(run.stdout)
    assert output["withoutNonce"] == [401, 'DPoP error="use_dpop_nonce", algs="ES256"']
    assert (output["signIn"], output["operator"]) == (200, OLGA.email)
    assert output["nonceError"] is True
    assert output["me"] == [200, OLGA.email]
    assert output["unauthenticated"] == "invalid_dpop_proof"
    assert output["bearer"] == [401, 'DPoP error="invalid_token", algs="ES256"']
    stored = server.rows("SELECT thumbprint FROM session WHERE thumbprint = ?", output["thumbprint"])
    assert len(stored) == 1, "both sides make the same thumbprint of the key (RFC 7638)"
