"""The handlers of all kinds of tasks (tasks/task_runner.py)."""

from crumbless.consent.relay_ga4 import Ga4Relay
from crumbless.consent.relay_runner import RelaySend
from crumbless.consent.relay_tiktok import TiktokRelay
from crumbless.core.metrics import RetentionMetrics
from crumbless.core.settings import Settings
from crumbless.files.file_storage import FileStore
from crumbless.files.photo_upload import FileRemoval
from crumbless.ledger.ledger_port import LedgerPort, ReaderPort
from crumbless.mail.mail_send import MailSend
from crumbless.operations.nightly_backup import backup_of
from crumbless.operations.retention_sweep import RetentionSweep, rules_of
from crumbless.operator_data.author_names import AuthorNamesRun
from crumbless.retention.retention_run import RetentionRun
from crumbless.security.encryption import SecretBox
from crumbless.sign_in.attempts_notice import AttemptsNotify
from crumbless.sign_in.password_reset import ResetSend
from crumbless.tasks.task import TaskKind
from crumbless.tasks.task_runner import TaskHandler


def task_handlers(
    settings: Settings,
    ledger: LedgerPort,
    reader: ReaderPort,
    secret_box: SecretBox,
    *,
    mail: MailSend,
    files: FileStore,
    retention: RetentionMetrics,
) -> dict[TaskKind, TaskHandler]:
    """Return the handler of each kind. Tasks of other kinds wait for a node that has a handler for them."""
    return {
        "mail": TaskHandler(mail),
        "reset": TaskHandler(ResetSend(ledger, secret_box)),
        "attempts": TaskHandler(AttemptsNotify(ledger, secret_box)),
        "file_removal": TaskHandler(FileRemoval(files, reader)),
        "retention": TaskHandler(RetentionSweep(rules_of(settings.retention), ledger)),
        "retention_run": TaskHandler(RetentionRun(settings.retention, ledger, reader, retention)),
        "author_names": TaskHandler(AuthorNamesRun(ledger, reader, retention)),
        "ga4": RelaySend("ga4", Ga4Relay(settings.relays.ga4_url), reader),
        "tiktok": RelaySend("tiktok", TiktokRelay(settings.relays.tiktok_url), reader),
        **backup_of(settings.backup, settings.database.database_url),
    }
