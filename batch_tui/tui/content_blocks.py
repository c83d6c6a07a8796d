"""Content blocks of messages as sections: tools and their results, documents, citations; unknown ones as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_tui.results.result_line import text_or_none
from batch_tui.tui.outline import Members, Said, Section
from batch_tui.tui.text import Plain, join, number, plain, plural, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Part = Section | Said | Members
Names = dict[str, str]
"""The name of the tool of each call, by the call's id."""

_QUOTED = 200


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def text_of(value: object, name: str) -> str:
    """A text field, empty where there is none."""
    return text_or_none(mapping(value).get(name)) or ""


def blocks_of(content: object) -> list[Mapping[str, Any]]:
    """The blocks of a content, which may be a text too."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [mapping(block) for block in sequence(content)]


def names_of(blocks: Iterable[Mapping[str, Any]]) -> Names:
    """Which tool each call is of."""
    return {text_of(block, "id"): text_of(block, "name") for block in blocks if kind_of(block).endswith("tool_use")}


def kind_of(block: Mapping[str, Any]) -> str:
    return text_of(block, "type") or "unknown"


def parts_of(blocks: Iterable[Mapping[str, Any]], names: Names) -> Iterator[Part]:
    """Every block of a message, texts as they are."""
    for block in blocks:
        if kind_of(block) == "text":
            yield Said(text_of(block, "text"))
        else:
            yield section_of(block, names)


def section_of(block: Mapping[str, Any], names: Names) -> Section:
    """One block that is more than a text; blocks within blocks within blocks end as JSON."""
    try:
        return _section_of(block, names)
    except RecursionError:
        return Section(Plain("…"), (Members(block),))


def _section_of(block: Mapping[str, Any], names: Names) -> Section:
    kind = kind_of(block)
    label = plain(kind[:60])
    if kind.endswith("tool_use"):
        server = text_of(block, "server_name")
        where = plain(f" · {label}{f' · {server[:60]}' if server else ''}")
        return Section(join(plain(text_of(block, "name")[:80] or "no name"), where), (Members(block.get("input")),))
    if kind.endswith("tool_result"):
        return _result(block, kind, names)
    match kind:
        case "thinking":
            said = text_of(block, "thinking")
            return Section(label, (Said(said) if said else Said("(the thinking was not disclosed)", "muted"),), "muted")
        case "redacted_thinking":
            return Section(label, (Said("(redacted by the API)", "muted"),), "muted")
        case "image" | "document":
            return Section(label, (*_source(block), *_as_json(block)))
        case "search_result":
            shown = (
                Said(text_of(block, "title"), "heading"),
                Said(text_of(block, "source"), "muted"),
                *parts_of(blocks_of(block.get("content")), {}),
            )
            return Section(label, shown)
        case "container_upload":
            return Section(join(label, plain(f" · {text_of(block, 'file_id')[:80]}")))
        case "compaction" if isinstance(block.get("content"), str):
            return Section(label, (Said(block["content"]),))
        case "fallback":
            change = f"{text_of(block.get('from'), 'model')} → {text_of(block.get('to'), 'model')}"
            return Section(join(label, plain(f" · {change[:120]}")), _as_json(block))
    return Section(label, (Members({name: value for name, value in block.items() if name != "type"}),))


def _result(block: Mapping[str, Any], kind: str, names: Names) -> Section:
    name = names.get(text_of(block, "tool_use_id"), "")
    content = block.get("content")
    failed = block.get("is_error") is True or kind_of(mapping(content)).endswith("_error")
    label = plain(f"{'! failed: ' if failed else ''}result{f' of {name[:80]}' if name else ''} · {kind[:60]}")
    shown = tuple(_content(content))
    return Section(label, (*shown, *_as_json(block)), "error" if failed else "success")


def _as_json(block: Mapping[str, Any]) -> tuple[Section]:
    """All of a block, as it came, for whoever wants to know."""
    return (Section(plain("as JSON"), (Members(block),), "muted", opens=False),)


def _content(content: object) -> Iterator[Part]:
    """What a tool gave back."""
    if isinstance(content, str):
        yield Said(content)
    elif isinstance(content, list):
        for place, one in enumerate(content, 1):
            yield from _item(mapping(one), place)
    elif isinstance(content, dict):
        yield from _item(content, None)


def _item(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    kind = kind_of(item)
    for ending, shown in _KNOWN.items():
        if kind.endswith(ending):
            yield from shown(item, place)
            return
    yield Section(plain(kind[:60]), (Members(item),))


def _error(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    said = text_of(item, "error_message")
    yield Said(f"! {text_of(item, 'error_code') or kind_of(item)}{f': {said}' if said else ''}", "error")


def _found(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    yield Said(f"{place or 1}. {text_of(item, 'title') or '(no title)'}", "heading")
    age = text_of(item, "page_age")
    yield Said(f"{text_of(item, 'url')}{f' · {age}' if age else ''}", "muted", indent=1)


def _fetched(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    document = mapping(item.get("content"))
    yield Said(text_of(document, "title") or "(no title)", "heading")
    yield Said(f"{text_of(item, 'url')} · {text_of(item, 'retrieved_at')}".strip(" ·"), "muted")
    yield from _source(document)


def _executed(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    code = item.get("return_code")
    yield Said(f"return code {code}", "muted" if code == 0 else "warning")
    for name, tone in (("stdout", "text"), ("stderr", "warning")):
        if said := text_of(item, name).removesuffix("\n"):
            yield Section(plain(name), (Said(said, tone),), "heading")
    for file in sequence(item.get("content")):
        yield Said(f"file {text_of(file, 'file_id')}", "muted")


def _viewed(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    first, total = item.get("start_line"), item.get("total_lines")
    yield Said(f"{text_of(item, 'file_type')} · from line {first} of {total}".strip(" ·"), "muted")
    yield Said(text_of(item, "content").removesuffix("\n"))


def _created(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    yield Said("An existing file was changed." if item.get("is_file_update") is True else "A file was made.", "muted")


def _replaced(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    for line in sequence(item.get("lines")):
        said = line if isinstance(line, str) else ""
        yield Said(said, {"+": "success", "-": "error"}.get(said[:1], "text"))


def _referenced(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    for one in sequence(item.get("tool_references")):
        yield Said(f"• {text_of(one, 'tool_name')}")


def _reference(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    yield Said(f"• {text_of(item, 'tool_name')}")


def _said(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    yield Said(text_of(item, "text"))


def _block(item: Mapping[str, Any], place: int | None) -> Iterator[Part]:
    yield section_of(item, {})


_KNOWN: dict[str, Callable[[Mapping[str, Any], int | None], Iterator[Part]]] = {
    "_error": _error,
    "web_search_result": _found,
    "web_fetch_result": _fetched,
    "code_execution_view_result": _viewed,
    "code_execution_create_result": _created,
    "code_execution_str_replace_result": _replaced,
    "encrypted_code_execution_result": lambda item, place: iter([Members(item)]),
    "code_execution_result": _executed,
    "tool_search_result": _referenced,
    "tool_reference": _reference,
    "advisor_result": _said,
    "text": _said,
    "image": _block,
    "document": _block,
    "search_result": _block,
}
"""What shows a content, by how its type ends; the first that fits."""


def _source(block: Mapping[str, Any]) -> Iterator[Part]:
    """Where an image or document comes from; a text is shown, other bytes are only counted."""
    source = mapping(block.get("source"))
    kind, media = kind_of(source), text_of(source, "media_type")
    title = text_of(block, "title")
    match kind:
        case "text":
            yield Said(title, "heading") if title else Said(media, "muted")
            yield Said(text_of(source, "data"))
        case "base64":
            amount = size(len(text_of(source, "data")) * 3 // 4)
            yield Said(" · ".join(one for one in (title, media, amount) if one), "muted")
        case "content":
            yield from parts_of(blocks_of(source.get("content")), {})
        case "url" | "file":
            where = text_of(source, "url") or text_of(source, "file_id")
            yield Said(" · ".join(one for one in (title, where) if one), "muted")
        case _ if source:
            yield Members(source)


def citations_of(blocks: Sequence[Mapping[str, Any]]) -> Section | None:
    """What the texts of an answer cite, or None where they cite nothing."""
    shown: list[Part] = []
    amount = 0
    for block in blocks:
        cited = sequence(block.get("citations"))
        if kind_of(block) != "text" or not cited:
            continue
        said = text_of(block, "text").strip()
        shown.append(Said(said if len(said) <= _QUOTED else f"{said[:_QUOTED]}…", "heading"))
        for one in cited:
            amount += 1
            citation = mapping(one)
            shown.append(Said(f"❝ {text_of(citation, 'cited_text').strip()}", indent=1))
            shown.append(Said(f"— {_place(citation)}", "muted", indent=2))
    return Section(plural(amount, "citation"), tuple(shown)) if shown else None


def _place(citation: Mapping[str, Any]) -> str:
    """Where a citation is from, as far as it says."""
    titles = (citation.get(name) for name in ("title", "document_title"))
    title = next((one for one in map(text_or_none, titles) if one), "")
    where = text_of(citation, "url") or text_of(citation, "source") or text_of(citation, "file_id")
    named = " · ".join(one for one in (title, where) if one) or f"document {citation.get('document_index', '?')}"
    ranges = (
        ("page_number", "page"),
        ("char_index", "character"),
        ("block_index", "block"),
    )
    for name, unit in ranges:
        first, end = citation.get(f"start_{name}"), citation.get(f"end_{name}")
        if isinstance(first, int) and isinstance(end, int):
            named += f" · {_range(unit, first, end)}"
    return named


def _range(unit: str, first: int, end: int) -> Plain:
    """A range whose end is not in it (batches-api.md section 3.3)."""
    return plain(f"{unit} {number(first)}") if end <= first + 1 else plain(f"{unit}s {number(first)}–{number(end - 1)}")
