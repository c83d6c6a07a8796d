"""A page of the list, and walking on from it to the next ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from batch_tui.api.not_given import NotGiven

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageQuery:
    """The cursors and size a page was asked with."""

    before_id: str | None = None
    after_id: str | None = None
    limit: int | str | None = None

    @classmethod
    def of(
        cls,
        before_id: str | NotGiven | None,
        after_id: str | NotGiven | None,
        limit: int | NotGiven | None,
        extra: Mapping[str, object] | None,
    ) -> tuple[Self, dict[str, object]]:
        """The query of a first page, and what else the caller added; an addition wins over an argument."""
        others = {"before_id": before_id, "after_id": after_id, "limit": limit, **(extra or {})}
        before, after, size = (others.pop(name) for name in ("before_id", "after_id", "limit"))
        return cls(_text(before), _text(after), _text(size)), others

    def items(self) -> tuple[tuple[str, str], ...]:
        """As query parameters, without those not set."""
        named = (("before_id", self.before_id), ("after_id", self.after_id), ("limit", self.limit))
        return tuple((name, str(value)) for name, value in named if value is not None)


def _text(value: object) -> str | None:
    return None if value is None or isinstance(value, NotGiven) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page(Generic[T]):
    data: list[T]
    """Newest first, whichever way the paging goes."""
    has_more: bool | None
    """Whether there is more in the direction asked; None if the server did not say."""
    first_id: str | None
    last_id: str | None
    query: PageQuery = field(repr=False)

    def next_query(self) -> PageQuery | None:
        """What to ask for the page after this one; None if there is none.

        Asked with `before_id`, the walk goes on towards newer batches, otherwise towards older ones.
        """
        if self.has_more is False or not self.data:
            return None
        if self.query.before_id:
            return replace(self.query, before_id=self.first_id) if self.first_id else None
        return replace(self.query, after_id=self.last_id) if self.last_id else None

    def has_next_page(self) -> bool:
        """Whether `get_next_page` has something to ask for."""
        return self.next_query() is not None

    def _expected_next(self) -> PageQuery:
        query = self.next_query()
        if query is None:
            raise RuntimeError("This is the last page; ask has_next_page() before get_next_page().")
        return query


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPage(_Page[T]):
    """One page; iterating it yields its items and then those of every later page, fetched as needed."""

    fetch: Callable[[PageQuery], SyncPage[T]] = field(repr=False, compare=False)

    def get_next_page(self) -> SyncPage[T]:
        """Fetch the page after this one. Raises RuntimeError if there is none."""
        return self.fetch(self._expected_next())

    def iter_pages(self) -> Iterator[SyncPage[T]]:
        """This page and every later one."""
        page = self
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def __iter__(self) -> Iterator[T]:
        for page in self.iter_pages():
            yield from page.data


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncPage(_Page[T]):
    """One page; `async for` yields its items and then those of every later page, fetched as needed."""

    fetch: Callable[[PageQuery], Awaitable[AsyncPage[T]]] = field(repr=False, compare=False)

    async def get_next_page(self) -> AsyncPage[T]:
        """Fetch the page after this one. Raises RuntimeError if there is none."""
        return await self.fetch(self._expected_next())

    async def iter_pages(self) -> AsyncIterator[AsyncPage[T]]:
        """This page and every later one."""
        page = self
        yield page
        while page.has_next_page():
            page = await page.get_next_page()
            yield page

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.iter_pages():
            for item in page.data:
                yield item


class AsyncPaginator(Generic[T]):
    """What the asynchronous `list()` returns: await it for one page, or `async for` over all items.

    Nothing is sent before that; each await asks anew.
    """

    def __init__(self, fetch: Callable[[PageQuery], Awaitable[AsyncPage[T]]], query: PageQuery) -> None:
        self._fetch = fetch
        self._query = query

    def __await__(self) -> Generator[None, None, AsyncPage[T]]:
        return self._fetch(self._query).__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        async for item in await self._fetch(self._query):
            yield item
