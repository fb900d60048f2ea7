"""The modules that contain wire types, for the tools and tests that process all of them."""

from types import ModuleType

from crumbless.accounts import account_wire
from crumbless.audit_log import audit_wire
from crumbless.consent import consent_wire
from crumbless.conversations import conversation_wire
from crumbless.files import file_wire
from crumbless.labels import label_wire
from crumbless.operations import operation_wire, task_wire
from crumbless.people import people_wire
from crumbless.protocol import frames, problem, timeline
from crumbless.retention import request_wire, retention_wire
from crumbless.server_data import server_data_wire
from crumbless.sites import site_wire
from crumbless.visitors import identity_wire, privacy_wire

WIRES: tuple[ModuleType, ...] = (
    account_wire,
    audit_wire,
    consent_wire,
    conversation_wire,
    file_wire,
    frames,
    identity_wire,
    label_wire,
    operation_wire,
    people_wire,
    privacy_wire,
    problem,
    request_wire,
    retention_wire,
    server_data_wire,
    site_wire,
    task_wire,
    timeline,
)
"""Each becomes a file of the same name in web/wire."""
