"""Litestar without its optional integrations.

Litestar imports pydantic, attrs and OpenTelemetry if they are installed, which costs each node memory and start time.
Crumbless uses msgspec for values, and a separate adapter for traces.
"""

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin


class Application(Litestar):
    """The router with one plugin. tests/flow/test_tracing.py fails if Litestar loads others."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]

    @staticmethod
    def _patch_opentelemetry_middleware(config: AppConfig) -> AppConfig:
        return config
