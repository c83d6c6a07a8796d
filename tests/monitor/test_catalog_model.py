"""Whatever happens in whatever order, the catalog ends in the server's truth."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from batch_tui.monitor.catalog import BatchCatalog
from tests.monitor.batches import NOON, batch

if TYPE_CHECKING:
    from batch_tui.api.models import MessageBatch

SIZES = st.integers(1, 6)
PICK = st.integers(0, 10_000)


class Server:
    """A plain list, newest first; batches of one instant keep the order in which they stand."""

    def __init__(self) -> None:
        self.batches: list[MessageBatch] = []
        self.clock = 0.0
        self.made = 0

    def create(self, step: int, *, below_equals: bool) -> None:
        self.clock += step
        self.made += 1
        new = batch(f"b{self.made}", -self.clock)
        place = 0
        if below_equals:
            place = sum(1 for one in self.batches if one.created_at == new.created_at)
        self.batches.insert(place, new)

    def set_status(self, place: int, status: str) -> None:
        old = self.batches[place]
        done = {"ended_at": NOON + timedelta(days=1)} if status == "ended" else {}
        self.batches[place] = old.model_copy(update={"processing_status": status, **done})

    def page(self, cursor: int | None, size: int, *, newer: bool) -> tuple[list[MessageBatch], bool, bool]:
        """A page next to the batch at `cursor`, and whether it reaches the newest and the oldest one."""
        begin, end = 0, len(self.batches)
        if cursor is not None and newer:
            begin, end = max(0, cursor - size), cursor
        elif cursor is not None:
            begin = cursor + 1
        end = min(end, begin + size)
        return self.batches[begin:end], begin == 0, end == len(self.batches)


class Watching(RuleBasedStateMachine):
    """A server that lives, and a catalog fed with its pages, old answers included."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.catalog = BatchCatalog()
        self.late: list[MessageBatch] = []
        self.versions: dict[str, tuple[int, MessageBatch]] = {}

    @rule(step=st.integers(0, 2), below_equals=st.booleans())
    def create(self, step: int, below_equals: bool) -> None:
        self.server.create(step, below_equals=below_equals)

    @precondition(lambda self: self.server.batches)
    @rule(pick=PICK, status=st.sampled_from(["canceling", "ended"]), told=st.booleans())
    def move_on(self, pick: int, status: str, told: bool) -> None:
        """A batch goes on, by itself or by an action whose answer is merged."""
        place = pick % len(self.server.batches)
        if self.server.batches[place].processing_status == "ended":
            return
        self.server.set_status(place, status)
        if told:
            self.catalog.merge([self.server.batches[place]])

    @precondition(lambda self: self.server.batches)
    @rule(pick=PICK, ours=st.booleans())
    def delete(self, pick: int, ours: bool) -> None:
        gone = self.server.batches.pop(pick % len(self.server.batches))
        if ours:
            self.catalog.remove(gone.id, for_good=True)

    @rule(pick=PICK, size=SIZES, newer=st.booleans(), from_top=st.booleans(), kept=st.booleans())
    def list_page(self, pick: int, size: int, newer: bool, from_top: bool, kept: bool) -> None:
        cursor = None if from_top or not self.server.batches else pick % len(self.server.batches)
        page, newest, oldest = self.server.page(cursor, size, newer=newer)
        if kept:
            self.late = page
        missing = self.catalog.missing_from(page, newest=newest, oldest=oldest)
        alive = {one.id for one in self.server.batches}
        assert not alive & set(missing), "a batch that exists was on no page that should have held it"
        for batch_id in missing:
            self.catalog.remove(batch_id, for_good=False)
        self.catalog.merge(page)
        assert not self.catalog.merge(page), "merging is idempotent"

    @rule()
    def late_answer(self) -> None:
        """A page asked for long ago arrives only now."""
        self.catalog.merge(self.late)

    @invariant()
    def positions_agree(self) -> None:
        ids = [one.id for one in self.catalog]
        assert len(ids) == len(set(ids)) == len(self.catalog)
        assert [self.catalog.index_of(batch_id) for batch_id in ids] == list(range(len(ids)))
        assert all(self.catalog.at(place).id == batch_id for place, batch_id in enumerate(ids))
        times = [one.created_at for one in self.catalog]
        assert times == sorted(times, reverse=True)

    @invariant()
    def unfinished_agree(self) -> None:
        expected = [place for place, one in enumerate(self.catalog) if one.processing_status != "ended"]
        assert self.catalog.unfinished == {self.catalog.at(place).id for place in expected}

    @invariant()
    def a_version_names_one_content(self) -> None:
        for one in self.catalog:
            version = self.catalog.version(one.id)
            earlier, content = self.versions.get(one.id, (0, one))
            assert version >= earlier
            assert version > earlier or content == one
            self.versions[one.id] = version, one

    def teardown(self) -> None:
        """One walk from the top to the end: the truth of the server, ties included."""
        for size in (3, 1_000):
            cursor = None
            while True:
                page, newest, oldest = self.server.page(cursor, size, newer=False)
                for batch_id in self.catalog.missing_from(page, newest=newest, oldest=oldest):
                    self.catalog.remove(batch_id, for_good=False)
                self.catalog.merge(page)
                if oldest:
                    break
                cursor = self.server.batches.index(page[-1])
        assert list(self.catalog) == self.server.batches


TestWatching = Watching.TestCase
TestWatching.settings = settings(max_examples=150, stateful_step_count=30, derandomize=True)
