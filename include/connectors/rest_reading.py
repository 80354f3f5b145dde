"""One reading of an API under way: each page asked for, checked and given as frames."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final, Protocol

import polars as pl

from include.collection.formats.json_records import JsonFormat
from include.collection.inspection import Issue
from include.collection.rest_source import RestSource
from include.connectors.archive import ZIP
from include.connectors.content import Content
from include.connectors.egress import Answer, Limits, Request
from include.connectors.formats.choose import read_frames
from include.connectors.rest_credentials import Login
from include.connectors.rest_errors import (
    find_error,
    find_error_text,
    find_message,
    find_refusal,
    find_warning,
    read_around,
    tell_words,
)
from include.connectors.rest_more import tell_more
from include.connectors.rest_pages import Said, first_page, next_page, peek, read_said
from include.connectors.rest_patience import ACCEPTED, Doubtful, Patience, refuse_busy, unready
from include.connectors.rest_request import Page, build_request
from include.errors import SourceEmpty, SourceRefused, SourceUnavailable
from include.ports import Clock

_PEEKED: Final = 1 << 16
_PARTIAL: Final = 206
_MOST_EMPTY: Final = 100
"""Pages without a record, one after the other, that may lead to one with some."""
_NO_LINES: Final = re.compile(
    rb"[\xef\xbb\xbf\s]*(?:(<)(?:!--|(?:!doctype|html|\?xml|head|body|script)\b)|([{])\s*[\"}]|(\[)\s*[{])",
    re.IGNORECASE,
)
"""How what is no lines of cells begins; `<DATE>` is a header to some."""


class Sender(Protocol):
    """Sends requests: a session of the way out, or what listens in on one."""

    def send(self, request: Request, limits: Limits) -> Answer: ...


@dataclass(slots=True)
class Progress:
    """What a reading knows when its frames are exhausted.

    Attributes:
        said_nothing: The source said that it has no record, as its owner told it would.
    """

    cursor: str | None = None
    rows: int = 0
    bytes: int = 0
    requests: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    issues: list[Issue] = field(default_factory=list)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    said_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer whose first frame could be read; the rest follows while it is asked for."""

    request: Request
    answer: Answer
    said: Said
    frames: Iterator[pl.DataFrame]
    around: Mapping[str, Any] = field(default_factory=dict)
    content: Content | None = None

    def count(self, rows: int) -> int:
        """Say how many records the source counts in its answer, once that was read to so many rows."""
        return rows if self.content is None or self.content.records is None else self.content.records


@dataclass(frozen=True, slots=True)
class RestReading:
    """One source, asked by one session, for one run."""

    source: RestSource
    session: Sender
    login: Login
    patience: Patience
    clock: Clock
    limits: Limits
    progress: Progress = field(default_factory=Progress)

    @property
    def where(self) -> str:
        """What the source is called in errors."""
        return self.source.url.partition("?")[0]  # what follows may be a key

    def read_pages(self, always: Mapping[str, str], times: Mapping[str, str]) -> Iterator[pl.DataFrame]:
        """Read one span: its pages until the last one, then see that nothing is missing.

        Args:
            always: Parameters that every page is asked with.
            times: What stands for `{start}` and `{end}`.
        """
        page: Page | None = first_page(self.source.pagination)
        seen: set[bytes | str] = set()
        pages = records = given = empty = 0
        total = cursor = None
        columns: set[str] = set()
        while page is not None:
            opened = self.patience.insist(self._opener(page.with_query(always), times))
            said, rows, content = opened.said, 0, hashlib.sha256()
            with opened.answer.body:
                for frame in opened.frames:
                    rows += frame.height
                    if columns and not columns.intersection(frame.columns):
                        raise self._unlike(pages + 1)
                    columns.update(frame.columns)
                    yield self._count(frame, content)
            found = opened.count(rows)
            pages, records, given, empty = pages + 1, records + found, given + rows, 0 if rows else empty + 1
            total = self._follow(total, said.total)
            whole = total is not None and records >= total
            # to some sources that is how pages end, and others name a next page to the end of days (CKAN)
            if found == 0 and (said.cursor == cursor or whole):
                said = replace(said, cursor=None)
            cursor = said.cursor
            self._refuse_endless(empty, leads_on=cursor is not None or found > 0)
            self._refuse_repeat(seen, pages, [*filter(None, [cursor]), *([content.digest()] if rows else [])])
            # where the number of pages is declared, one without records is not the last
            ended = (found == 0 and said.pages is None) or whole
            page = None if ended and cursor is None else next_page(self.source.pagination, pages, records, said)
            if page is None and rows:
                self.progress.issues += tell_more(opened, self.where, max(records, given), pages)
        if total is not None and (most := max(records, given)) < total:
            what = f"it declares {total} records and delivered {most}"
            raise SourceUnavailable(self.where, what, "Nothing of them is loaded.")

    def _follow(self, total: int | None, declared: int | None) -> int | None:
        """Give the total that holds now.

        Raises:
            SourceUnavailable: Records were taken out meanwhile: those behind them moved up, and one may be missed.
        """
        if total is None or declared is None or declared == total:
            return total if declared is None else declared
        if declared < total and self.source.pagination is not None:
            what = f"it declared {total} records and then {declared}: they changed while its pages were read"
            raise SourceUnavailable(self.where, what, "Nothing of them is loaded; the next attempt may see them whole.")
        what = f"it declared {total} records and then {declared}: some were added while its pages were read"
        self.progress.issues.append(Issue(self.where, what, "One may be there twice, if newer ones stand first."))
        return declared

    def open(self, page: Page, times: Mapping[str, str]) -> Opened:
        """Send one request and begin to read its answer: one that was cut off shows here, and is asked for again.

        Raises:
            Busy: The source cannot answer now.
            Doubtful: What it answered cannot be read, which another try may cure.
            SourceRefused: It refuses the request.
        """
        request, answer = self._send(page, times)
        try:
            refuse_busy(answer, self.where, self.clock())
            if self._says_nothing(answer):
                return Opened(request, answer, Said(), iter(()))
            self._refuse_status(answer)
            self._refuse_other(answer)
            said = read_said(self.source, answer)
            around = self._read_around(answer)
            content = Content(answer.body, self.where, self.source.member)
            content.issues, content.groups = self.progress.issues, self.progress.groups
            frames = read_frames(content, self.source.format)
            try:
                first = next(frames, None)
            except SourceEmpty:
                first = None
            except SourceRefused as refusal:
                raise Doubtful(self._with_words(refusal, answer)) from None
            if first is None:
                if answer.status == ACCEPTED:
                    raise unready(answer, self.where, self.clock())
                self._refuse_error(answer)
            else:
                self._refuse_part(answer, around)
            frames = iter(()) if first is None else chain((first,), frames)
            return Opened(request, answer, said, frames, around, content)
        except BaseException:  # a stop too: nobody else has the answer yet
            answer.body.close()
            raise

    def _opener(self, page: Page, times: Mapping[str, str]) -> Any:
        return lambda: self.open(page, times)

    def _send(self, page: Page, times: Mapping[str, str]) -> tuple[Request, Answer]:
        limits = self.source.limits
        for renew in (True, False):
            if self.progress.requests >= limits.requests:
                raise self._too_much("requests", limits.requests)
            self.patience.keep_pace()
            self.progress.requests += 1
            request = build_request(self.source, page, times, self.login.credentials())
            answer = self.session.send(request, self.limits)
            self.progress.bytes += answer.size
            if self.progress.bytes > limits.bytes:
                answer.body.close()
                raise self._too_much("bytes", limits.bytes)
            if answer.status != 401 or not (renew and self.login.renewable):
                break
            answer.body.close()
            self.login.forget_token()
        return request, answer

    def _says_nothing(self, answer: Answer) -> bool:
        nothing = self.source.nothing
        told = answer.status in nothing.status
        if not told and nothing.text is not None:
            told = nothing.text.encode() in answer.body.read(_PEEKED)
            answer.body.seek(0)
        self.progress.said_nothing |= told
        return told or answer.status == 204

    def _refuse_status(self, answer: Answer) -> None:
        """Refuse every answer that is none, in the source's words."""
        status = answer.status
        if 200 <= status < 300:
            return
        words = find_refusal(answer.body.read(_PEEKED))
        told = f": {self._told(words)}" if words else ""
        if status in (401, 403):
            what = f"it answers {status}: it does not accept who asks{told}"
            raise SourceRefused(self.where, what, "Check `authentication`.")
        remedy = "Check the address and the parameters."
        if words:
            remedy = f"{remedy} If it says so where there is nothing new, set `ingester.nothing`."
        raise SourceRefused(self.where, f"it answers {status}{told}", remedy)

    def _refuse_other(self, answer: Answer) -> None:
        """Refuse what lines of cells would be made of all the same: a web page, a message in JSON; or only a part."""
        if answer.status == _PARTIAL and self.source.pagination is None:
            raise SourceRefused(self.where, "it answers 206: with a part of what there is", "Set `pagination`.")
        if self.source.member is not None:
            packed = answer.body.read(len(ZIP)) == ZIP
            answer.body.seek(0)
            if not packed:
                what = f"it answers with no ZIP archive, so there is no {self.source.member!r} in it"
                remedy = "Does it ask for a login, or tell of an error? Or leave `member` out."
                raise Doubtful(self._with_words(SourceRefused(self.where, what, remedy), answer))
        if self.source.format.kind not in {"csv", "fixed_width"}:
            return
        found = _NO_LINES.match(answer.body.read(_PEEKED))
        answer.body.seek(0)
        if found:
            what = "a web page or XML" if found[1] == b"<" else "JSON"
            remedy = "Does it ask for a login, or tell of an error? Or set the `format` that it has."
            raise Doubtful(SourceRefused(self.where, f"it answers with {what} where lines of cells should be", remedy))

    def _read_around(self, answer: Answer) -> dict[str, Any]:
        if not isinstance(self.source.format, JsonFormat):
            return {}
        content = Content(answer.body, self.where, self.source.member)
        around = read_around(content, self.source.format)
        answer.body.seek(0)
        return around

    def _refuse_part(self, answer: Answer, around: Mapping[str, Any]) -> None:
        """Refuse records beside which the answer tells of an error: it may not be all of them that were asked for."""
        if words := find_error(around):
            what = f"it answers {answer.status} with records, and tells of an error: {self._told(words)}"
            if self.source.partial == "refuse":
                remedy = "Some records may be missing. If they are not, set `ingester.partial` to note."
                raise Doubtful(SourceRefused(self.where, what, remedy))
            self.progress.issues.append(Issue(self.where, what, "Some records may be missing."))
        if words := find_warning(around):
            self.progress.issues.append(Issue(self.where, f"beside its records it warns: {self._told(words)}"))

    def _told(self, words: str) -> str:
        return tell_words(self.login.mask(words))

    def _refuse_error(self, answer: Answer) -> None:
        """Refuse an answer without a record that tells of an error: taken for nothing new, it would hide that."""
        document = self._document(answer)
        if words := find_error(document) or self._error_text(answer):
            remedy = "If it says so where there is nothing new, set `ingester.nothing.text`."
            what = f"it answers {answer.status} without any record, and tells of an error: {self._told(words)}"
            raise Doubtful(SourceRefused(self.where, what, remedy))
        if words := find_message(document):
            what = f"it gives no record, and says: {self._told(words)}"
            self.progress.issues.append(Issue(self.where, what))

    def _with_words(self, refusal: SourceRefused, answer: Answer) -> SourceRefused:
        """Add what the source says to why its answer cannot be read: one of an error may have no place for records."""
        document = self._document(answer)
        if words := find_error(document) or find_message(document):
            return SourceRefused(refusal.where, f"{refusal.what}; it says: {self._told(words)}", refusal.remedy)
        return refusal

    def _document(self, answer: Answer) -> Any:
        answer.body.seek(0)
        return peek(answer.body, answer.size, self.where) if answer.size <= _PEEKED else None

    def _error_text(self, answer: Answer) -> str | None:
        if self.source.format.kind != "csv":
            return None
        answer.body.seek(0)
        return find_error_text(answer.body.read(_PEEKED).decode(errors="replace"))

    def _count(self, frame: pl.DataFrame, content: Any) -> pl.DataFrame:
        """Count and hash rows, and give them without what they repeat of a secret."""
        self.progress.rows += frame.height
        if self.progress.rows > self.source.limits.rows:
            raise self._too_much("rows", self.source.limits.rows)
        # of the records alone: what an answer says around them may differ every time
        text = _as_bytes(frame)
        if any(secret.encode() in text or secret in str(frame.columns) for secret in self.login.secrets()):
            frame = self.login.hide(frame)
            text = _as_bytes(frame)
        content.update(text)
        self.progress.digest.update(text)
        return frame

    def _unlike(self, page: int) -> SourceRefused:
        what = f"page {page} has none of the columns of those before"
        return SourceRefused(self.where, what, "Has it no header, so that its first row was taken for one?")

    def _refuse_repeat(self, seen: set[bytes | str], page: int, marks: Sequence[bytes | str]) -> None:
        if seen.intersection(marks):
            raise SourceRefused(
                self.where,
                f"page {page} repeats an earlier one: its pages would never end",
                "Does the source know the parameter that asks for the next page?",
            )
        seen.update(marks)

    def _refuse_endless(self, empty: int, *, leads_on: bool) -> None:
        if empty >= _MOST_EMPTY and leads_on:
            what = f"{empty} pages one after the other give no row, and each leads to another"
            remedy = "Set `total` where answers declare their records: the first such page behind them is the last."
            raise SourceRefused(self.where, what, remedy)

    def _too_much(self, what: str, most: int) -> SourceRefused:
        return SourceRefused(
            self.where, f"it takes more than {most:,} {what}", f"Ask for less, or raise `ingester.limits.{what}`."
        )


def _as_bytes(frame: pl.DataFrame) -> bytes:
    return frame.select(sorted(frame.columns)).write_csv(include_header=False).encode()
