"""Makes an operator anonymous: deletes everything that identifies the operator, and leaves the ID.

The ID remains in entries, requests, receipts and the audit log, so that reports stay true. Entries of the audit log
cannot be changed: they contain the name until they expire. A task empties the name in the operator's entries
(author_names.py), because there can be very many of them.
"""

from dataclasses import replace

from sqlalchemy import Connection, Table, delete

from crumbless.accounts.one_time_token_store import addresses_to_confirm, delete_tokens_of
from crumbless.accounts.session_list_store import end_sessions_of
from crumbless.accounts.tables import known_network, oidc_account, passkey, recovery_code
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.files.photo_upload import drop_photo
from crumbless.ledger.transaction import Transaction
from crumbless.mail.mail_queue import delete_mail_to
from crumbless.operator_data.author_names import queue_author_names
from crumbless.people.actor_recheck import require_unchanged
from crumbless.people.handover import Handover
from crumbless.people.member_store import ANONYMOUS, Member, find_member, lock_active_owners
from crumbless.people.people_wire import HandoverRequest
from crumbless.people.person_change import disable, require_other_owner
from crumbless.people.tables import team_member
from crumbless.realtime.operator_change import change_operators
from crumbless.realtime.tables import operator, operator_scope, session
from crumbless.retention.deletion_store import Counts, add_counts, begin_deletion
from crumbless.security.access import Session, require_power_over
from crumbless.security.encryption import SecretBox

OWN_TABLES: dict[str, Table] = {
    "passkeys": passkey,
    "recovery_codes": recovery_code,
    "oidc_accounts": oidc_account,
    "known_networks": known_network,
    "teams": team_member,
    "scopes": operator_scope,
    "sessions": session,
}
"""The tables whose rows about the operator are deleted, by their names in the receipt."""


def anonymise_operator(
    tx: Transaction,
    actor: Session,
    operator_id: str,
    wanted: HandoverRequest,
    handover: Handover,
    secret_box: SecretBox,
) -> None:
    """Hand the operator's things over, and delete everything that identifies the operator.

    Raises:
        ApiError: `not_found`, `forbidden`; `last_owner` for the only active owner, also for the actor; `invalid` for a
            colleague who is disabled.
    """
    connection = tx.connection
    owners = lock_active_owners(connection, actor.workspace)
    require_unchanged(connection, actor)
    person = find_member(connection, actor.workspace, operator_id)
    require_power_over(actor, person.role)
    require_other_owner(owners, person)
    if person.id == actor.subject:
        # The entries of this action must not add the name to the audit log again.
        actor = replace(actor, name="")
    person = replace(person, name="")
    handover.give(connection, actor, person, wanted.to)
    disable(connection, actor, owners, person)
    receipt = begin_deletion(connection, actor.workspace, "operator", actor.subject)
    add_counts(connection, receipt, _delete_rows(connection, person, secret_box))
    _empty_account(connection, person)
    write_audit_log(
        connection,
        actor,
        "person_anonymised",
        target_kind="operator",
        target_id=person.id,
        details={"receipt": receipt},
    )
    queue_author_names(connection, person.workspace, person.id, receipt)


def _delete_rows(connection: Connection, person: Member, secret_box: SecretBox) -> Counts:
    end_sessions_of(connection, person.id)
    counts = {
        name: connection.execute(delete(table).where(table.c.operator_id == person.id)).rowcount
        for name, table in OWN_TABLES.items()
    }
    addresses = {person.email, *addresses_to_confirm(connection, person.id)}
    counts["links"] = delete_tokens_of(connection, person.id)
    counts["emails"] = delete_mail_to(connection, secret_box, addresses)
    return {name: count for name, count in counts.items() if count}


def _empty_account(connection: Connection, person: Member) -> None:
    drop_photo(connection, person.workspace, person.id)
    change_operators(
        connection,
        operator.c.id == person.id,
        status=ANONYMOUS,
        # The column is unique. No address has a colon.
        email=f"anonymous:{person.id}",
        name="",
        password_hash="",
        languages=[],
        totp_secret=None,
        totp_step=0,
        attempts_mailed_at=None,
        scoped_at=None,
    )
