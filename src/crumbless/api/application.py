"""Litestar without what it loads unasked: pydantic, attrs and OpenTelemetry are imported wherever they are installed,
which costs every node memory and time. Values here are those of msgspec, and traces have an adapter of their own.
"""

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin


class Application(Litestar):
    """The router with its one plugin. tests/flow/test_tracing.py notices when Litestar loads others in another way."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]

    @staticmethod
    def _patch_opentelemetry_middleware(config: AppConfig) -> AppConfig:
        return config
