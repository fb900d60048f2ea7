"""The protocol's types for labels."""

import msgspec

from crumbless.core import bounds


class Label(msgspec.Struct, frozen=True):
    """A label of the workspace. `colour` is `#rrggbb`."""

    id: str
    name: str
    colour: str


class LabelsResponse(msgspec.Struct, frozen=True):
    """The labels of the workspace, by name."""

    labels: list[Label]


class LabelRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name and the colour (`#rrggbb`) of a label."""

    name: bounds.Name
    colour: bounds.Colour
