"""XML with records somewhere in it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.collection.formats.layout import WrittenNumbers


class XmlFormat(WrittenNumbers):
    """XML with records somewhere in it: child elements become columns, nested ones `a.b`, attributes `@name`."""

    kind: Literal["xml"] = "xml"
    records: str = Field(
        pattern=r"^(/[^/\s@]+)+$",
        max_length=1000,
        examples=["/readings/meter/reading"],
        description="the names that lead to a record: /readings/meter/reading",
    )
    namespace: str | None = Field(None, description="the records' namespace; None: any")
    leave_out: tuple[str, ...] = Field(
        (), description="elements in a record that are a table of their own: Period.Point"
    )
    inherit: bool = Field(True, description="each record takes the attributes and values of the elements around it")
