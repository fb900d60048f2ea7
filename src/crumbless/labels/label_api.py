"""The labels of the workspace, over HTTP."""

from crumbless.http.call import OperatorCall
from crumbless.labels.label_change import change_label, drop_label, make_label
from crumbless.labels.label_store import list_labels
from crumbless.labels.label_wire import Label, LabelRequest, LabelsResponse


async def get_labels(call: OperatorCall) -> LabelsResponse:
    """Return the labels."""
    return LabelsResponse(await call.read(list_labels, call.workspace))


async def post_label_add(call: OperatorCall, wanted: LabelRequest) -> Label:
    """Create a label."""
    return await call.write(make_label, wanted)


async def post_label(call: OperatorCall, label: str, wanted: LabelRequest) -> Label:
    """Change a label."""
    return await call.write(change_label, label, wanted)


async def post_label_remove(call: OperatorCall, label: str) -> None:
    """Delete a label."""
    await call.write(drop_label, label)
