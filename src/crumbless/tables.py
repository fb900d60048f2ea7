"""Joins the tables of all subjects in one metadata: importing this module registers every table."""

from crumbless.accounts import tables as accounts
from crumbless.audit_log import tables as audit_log
from crumbless.consent import tables as consent
from crumbless.database.metadata import metadata
from crumbless.files import tables as files
from crumbless.labels import tables as labels
from crumbless.ledger import tables as ledger
from crumbless.people import tables as people
from crumbless.realtime import tables as realtime
from crumbless.retention import tables as retention
from crumbless.visitors import tables as visitors

SUBJECTS = (accounts, audit_log, consent, files, labels, ledger, people, realtime, retention, visitors)

__all__ = ["SUBJECTS", "metadata"]
