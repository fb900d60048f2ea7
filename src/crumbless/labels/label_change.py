"""Creates, changes and deletes labels."""

import re

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id
from crumbless.core.names import check_name
from crumbless.labels.label_store import add_label, find_label, remove_label, store_label
from crumbless.labels.label_wire import Label, LabelRequest
from crumbless.ledger.transaction import Transaction
from crumbless.people.actor_recheck import require_unchanged
from crumbless.security.access import Session

_match_colour = re.compile(r"#[0-9a-f]{6}").fullmatch


def make_label(tx: Transaction, actor: Session, wanted: LabelRequest) -> Label:
    """Create a label and return it. Raises ApiError `forbidden`, or `invalid` for name or colour."""
    require_unchanged(tx.connection, actor)
    made = _checked(new_id(), wanted)
    add_label(tx.connection, actor.workspace, made)
    _note(tx, actor, "label_added", made)
    return made


def change_label(tx: Transaction, actor: Session, label_id: str, wanted: LabelRequest) -> Label:
    """Change a label and return it. Raises ApiError as `make_label`, and `not_found`."""
    require_unchanged(tx.connection, actor)
    changed = _checked(find_label(tx.connection, actor.workspace, label_id).id, wanted)
    store_label(tx.connection, actor.workspace, changed)
    _note(tx, actor, "label_changed", changed)
    return changed


def drop_label(tx: Transaction, actor: Session, label_id: str) -> None:
    """Delete a label. Raises ApiError `forbidden`, `not_found`."""
    require_unchanged(tx.connection, actor)
    gone = find_label(tx.connection, actor.workspace, label_id)
    remove_label(tx.connection, actor.workspace, gone.id)
    _note(tx, actor, "label_removed", gone)


def _checked(label_id: str, wanted: LabelRequest) -> Label:
    if not _match_colour(wanted.colour):
        raise ApiError("invalid", "The colour must be written as #rrggbb, with small letters.")
    return Label(label_id, check_name(wanted.name, "the operators of the workspace see it"), wanted.colour)


def _note(tx: Transaction, actor: Session, action: str, label: Label) -> None:
    write_audit_log(
        tx.connection, actor, action, target_kind="label", target_id=label.id, target_name=label.name, details={}
    )
