"""All probes against one address."""

import asyncio
import ssl
from collections.abc import Sequence

import httpx

from crumbless.connection_check.finding import Finding
from crumbless.connection_check.request_probes import (
    judge_address,
    judge_answers,
    judge_body,
    judge_clock,
    judge_proxy,
    judge_tls,
    reach,
)
from crumbless.connection_check.stream_probes import probe_polling, probe_streaming, probe_websocket

TIMEOUT_SECONDS = 8.0
"""For each probe."""


async def run_connection_check(url: str, patience: float = TIMEOUT_SECONDS) -> Sequence[Finding]:
    """Return the findings at `url`, an origin without a path.

    If the server cannot be reached, that is the only finding.
    """
    # The system's own list of authorities, as browsers and companies have it.
    trust = ssl.create_default_context()
    async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=patience, headers={"origin": url}) as http:
        tls = await asyncio.to_thread(judge_tls, url, patience)
        reached, told, ahead = await reach(http, url)
        if told is None:
            return [tls, reached]
        streams = await asyncio.gather(
            probe_websocket(url, patience),
            probe_streaming(http, url, patience),
            probe_polling(http, url, patience),
        )
        return [
            tls,
            reached,
            judge_address(url, told),
            judge_clock(ahead),
            judge_proxy(told),
            *await judge_answers(http, url, told),
            await judge_body(http, url),
            *streams,
        ]
