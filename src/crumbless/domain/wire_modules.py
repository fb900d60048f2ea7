"""The modules that contain wire types, for the tools and tests that process all of them."""

from types import ModuleType

from crumbless.domain import wire, wire_account, wire_identity, wire_operation, wire_people, wire_task, wire_timeline

WIRES: tuple[ModuleType, ...] = (
    wire,
    wire_account,
    wire_identity,
    wire_operation,
    wire_people,
    wire_task,
    wire_timeline,
)
"""Each becomes a file of the same name in web/shared."""
