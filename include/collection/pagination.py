"""How a source gives a long answer in pages, as the owner writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from include.collection.formats.json_records import PATH
from include.configuration import Configuration

JsonPath = Annotated[str, Field(pattern=PATH, min_length=3, max_length=500, examples=["$.meta.next"])]


class _Sent(Configuration):
    """Pages that a parameter asks for."""

    parameter: str = Field(min_length=1, max_length=200)
    place: Literal["query", "body"] = Field("query", description="`body`: a member of the JSON that is posted")


class PageNumber(_Sent):
    """Numbered pages, until one has no records, or as many as the source says there are were read."""

    kind: Literal["page"] = "page"
    parameter: str = Field("page", min_length=1, max_length=200)
    first: int = Field(1, ge=0)
    pages: JsonPath | None = Field(None, description="where an answer says how many pages there are")


class Offset(_Sent):
    """Pages that begin after so many records, until one has none."""

    kind: Literal["offset"] = "offset"
    parameter: str = Field("offset", min_length=1, max_length=200)
    first: int = Field(0, ge=0)


class PageCursor(_Sent):
    """Each answer says what to send for the next page; the last one says nothing."""

    kind: Literal["cursor"] = "cursor"
    parameter: str = Field("cursor", min_length=1, max_length=200)
    path: JsonPath = Field(description="where the cursor stands: $.meta.next")


class LinkHeader(Configuration):
    """The header `Link` names the next page (RFC 8288)."""

    kind: Literal["link"] = "link"
    rel: str = Field("next", min_length=1, max_length=100)


class NextUrl(Configuration):
    """The answer's JSON holds the URL of the next page."""

    kind: Literal["next_url"] = "next_url"
    path: JsonPath = Field(description="where it stands: $.links.next")


Pagination = Annotated[PageNumber | Offset | PageCursor | LinkHeader | NextUrl, Field(discriminator="kind")]
