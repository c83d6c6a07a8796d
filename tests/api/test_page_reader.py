"""The quick way to read pages gives what the models give, and the same objects for the same bytes."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from pydantic import ValidationError

from batch_tui.api.models import MessageBatchPage
from batch_tui.api.page_reader import PageReader


def entry(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"msgbatch_{number}",
        "type": "message_batch",
        "processing_status": "in_progress",
        "request_counts": {"processing": 5, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
        "created_at": "2026-11-22T12:00:00.123456+00:00",
        "expires_at": "2026-11-23T12:00:00.123456Z",
        "ended_at": None,
        **changes,
    }


def page(*entries: Any, **changes: Any) -> bytes:
    return json.dumps({"data": list(entries), "has_more": True, "first_id": "a", "last_id": "z"} | changes).encode()


READABLE = [
    page(),
    page(entry(1), entry(2)),
    page(entry(1, processing_status="paused", new_field={"deep": [1]}), surprise="x"),
    page(entry(1), has_more=None, first_id=None),
    page(entry(1), has_more="true"),
    b'{"data": [ ' + json.dumps(entry(1), indent=2).encode() + b" ]}",
    page(entry(1, id='schön \U0001f600 \\ "')),
]


@pytest.mark.parametrize("body", READABLE)
def test_it_reads_what_the_model_reads(body: bytes) -> None:
    reader, slow = PageReader(), MessageBatchPage.model_validate_json(body)
    for _ in range(2):
        quick = reader(body)
        assert quick.data == slow.data
        assert (quick.has_more, quick.first_id, quick.last_id) == (slow.has_more, slow.first_id, slow.last_id)


UNREADABLE = [
    b"",
    b"<html>",
    b"[]",
    b'{"has_more": true}',
    page({"id": "x"}),
    page(entry(1), None),
    page(entry(1), entry(2, created_at="soon")),
    page(entry(1))[:-4],
    b'{"data": [{"id": "\xff"}]}',
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_it_refuses_what_the_model_refuses_in_its_words(body: bytes) -> None:
    with pytest.raises(ValidationError) as slow:
        MessageBatchPage.model_validate_json(body)
    with pytest.raises(ValidationError) as quick:
        PageReader()(body)
    assert quick.value.errors() == slow.value.errors()


def test_the_same_bytes_are_the_same_batch_and_others_are_read_anew() -> None:
    reader = PageReader()
    first = reader(page(entry(1), entry(2))).data
    second = reader(page(entry(0), entry(1), entry(2, processing_status="ended"))).data
    assert second[1] is first[0]
    assert (first[1].processing_status, second[2].processing_status) == ("in_progress", "ended")


def test_it_remembers_no_more_than_it_was_told() -> None:
    reader = PageReader(kept=10)
    for start in range(0, 100, 7):
        entries = [entry(number) for number in range(start, start + 7)]
        assert [batch.id for batch in reader(page(*entries)).data] == [one["id"] for one in entries]
        assert len(reader._seen) <= 10
    big = [entry(number) for number in range(50)]
    assert len(reader(page(*big)).data) == 50
    assert len(reader._seen) == 10


def test_threads_may_read_at_once() -> None:
    reader, wrong = PageReader(kept=30), list[int]()
    ready = threading.Barrier(4)

    def read(offset: int) -> None:
        ready.wait()
        for turn in range(60):
            numbers = [offset + turn, turn, offset]
            if [one.id for one in reader(page(*map(entry, numbers))).data] != [f"msgbatch_{each}" for each in numbers]:
                wrong.append(turn)

    threads = [threading.Thread(target=read, args=(1000 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
