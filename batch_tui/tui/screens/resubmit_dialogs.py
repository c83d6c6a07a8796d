"""The questions around sending requests, a file of them or those that failed; they hold ids, never rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from batch_tui.submission.sending import lost_sentence
from batch_tui.tui import mask
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.text import fit, join, number, plain, plural, size
from batch_tui.tui.widgets.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_tui.submission.journal import Submission
    from batch_tui.submission.sending import InDoubt
    from batch_tui.tui.context import AppContext
    from batch_tui.tui.new_batch_work import FilePlan
    from batch_tui.tui.resubmit_work import ResubmitPlan
    from batch_tui.tui.screens.dialogs import Answer
    from batch_tui.tui.text import Plain

_MODELS_NAMED = 3
_LONGEST_NAME = 40


class SendDialog(ConfirmDialog):
    """Asks before something that costs money, and destroys nothing."""


def resubmit_dialog(plan: ResubmitPlan, name: Plain, monotonic: Callable[[], float]) -> SendDialog:
    """Asks whether to send what failed; `name` is what the user calls its batch, if anything."""
    part = plan.proposed
    named = Content.assemble((name, "bold"), "\n") if name else Content("")
    facts = [Content.assemble(named, plain(plan.batch_id))]
    facts.append(Content(_what_is_sent(plan)))
    if plan.earlier is not None:
        facts.append(Content.styled(_about_earlier(plan.earlier), TONES["error"]))
    offers: dict[Answer, str] = {}
    if len(plan.refused):
        facts.append(Content.styled(_about_refused(plan), TONES["warning"]))
    if len(plan.refused) and len(plan.usual):
        offers["also"] = f"sends those refused too, {plural(len(plan.usual) + len(plan.refused), 'request')} in all"
    if plan.missing:
        facts.append(Content.styled(_about_missing(plan), TONES["warning"]))
    source = join(plain("From "), plain(str(plan.file)))
    billed = plain(f"Billed at batch price. {_models(part.models)}.")
    facts.append(Content.assemble((source, TONES["muted"]), "\n", billed))
    return SendDialog(
        plain("Send the failed requests again?"),
        facts,
        yes=f"Send {plural(len(part), 'request')}",
        no="Send nothing",
        offers=offers,
        monotonic=monotonic,
    )


def _what_is_sent(plan: ResubmitPlan) -> Plain:
    part = plan.proposed
    kinds = ", ".join(f"{number(count)} {kind}" for kind, count in sorted(part.kinds.items(), key=lambda one: -one[1]))
    among = f" of the {plan.among} rows" if plan.among else ""
    are = "is" if len(part) == 1 else "are"
    return plain(f"{plural(len(part), 'request')}{among} {are} sent as a new batch: {kinds}.")


def _about_earlier(earlier: Submission) -> Plain:
    return plain(f"The same custom_ids were sent on {earlier.written_at:%Y-%m-%d %H:%M} UTC, as {earlier.batch_id}.")


def _about_refused(plan: ResubmitPlan) -> Plain:
    amount, left = len(plan.refused), len(plan.usual) > 0
    if amount == 1:
        which = "1 more was" if left else "It was"
        fate = "the same request will be refused again"
    else:
        which = f"{number(amount)} more were" if left else "All of them were"
        fate = "the same requests will be refused again"
    stay = "" if not left else " It is left out." if amount == 1 else " They are left out."
    return plain(f"{which} refused as invalid_request_error: {fate}.{stay}")


def _about_missing(plan: ResubmitPlan) -> Plain:
    names = ", ".join(mask.written(fit(plain(name), _LONGEST_NAME)) for name in plan.examples) + (
        ", …" if plan.missing > len(plan.examples) else ""
    )
    one = plan.missing == 1
    are = "more that failed is" if one else "more that failed are"
    return plain(f"{number(plan.missing)} {are} not in this file: {names}. Is it the input of this batch?")


def _models(models: Mapping[str, int]) -> str:
    if not models:
        return "No model is named"
    names = sorted(models, key=lambda name: -models[name])
    if len(names) == 1:
        return f"Model: {fit(plain(names[0]), _LONGEST_NAME)}"
    shown = ", ".join(f"{fit(plain(name), _LONGEST_NAME)} ({number(models[name])})" for name in names[:_MODELS_NAMED])
    more = f" and {number(len(names) - _MODELS_NAMED)} more" if len(names) > _MODELS_NAMED else ""
    return f"Models: {shown}{more}"


def new_batch_dialog(plan: FilePlan, context: AppContext, access: str, monotonic: Callable[[], float]) -> SendDialog:
    """Asks whether to send a file that was checked: how much, to whom, with what access, and what is odd about it."""
    found = plan.found
    many = plural(found.requests, "request")
    are = "is" if found.requests == 1 else "are"
    where = f"{context.host}, profile {context.profile} ({access})"
    facts = [
        Content(plain(str(plan.file))),
        Content(plain(f"{many}, {size(found.bytes)}, {are} sent as one batch to {where}.")),
    ]
    if plan.earlier is not None:
        facts.append(Content.styled(_about_earlier(plan.earlier), TONES["error"]))
    if found.warnings:
        doubts = mask.written(plain(" ".join(plan.doubts)))
        fate = f"{plural(found.warnings, 'warning')}: such a request probably comes back errored. "
        facts.append(Content.styled(join(plain(fate), doubts), TONES["warning"]))
    facts.append(Content(plain(f"Billed at batch price. {_models(found.models)}.")))
    title = plain("Send this file as a new batch?")
    return SendDialog(title, facts, yes=f"Send {many}", no="Send nothing", monotonic=monotonic)


def doubt_dialog(doubt: InDoubt, monotonic: Callable[[], float], again: str = "R") -> ConfirmDialog:
    """An earlier attempt may have made the batch: asks whether to send nevertheless; the key `again` looks anew."""
    facts = [
        Content(plain(lost_sentence(doubt.submission))),
        Content(may_be(doubt)),
        Content(f"{again} looks again before it sends, and tells it by its custom_ids once it has ended."),
        Content.styled("Sending now may make a second batch, which is billed too.", TONES["error"]),
    ]
    return ConfirmDialog(
        plain("Send these requests nevertheless?"), facts, yes="Send again", no="Send nothing", monotonic=monotonic
    )


def may_be(doubt: InDoubt) -> Plain:
    """Which batches may be those of an attempt in doubt."""
    if not doubt.found:
        return plain("No batch of that size and time is in the list yet; it may be on its way, or never come.")
    names = ", ".join(batch.id for batch in doubt.found)
    which = "this one" if len(doubt.found) == 1 else "one of these"
    return plain(f"It may be {which}: {names}. Only size and time speak for it.")


def quit_while_sending_dialog(monotonic: Callable[[], float]) -> ConfirmDialog:
    """Asks whether to leave while a batch is being sent."""
    said = "A new batch is being sent. Without its answer nobody knows whether it was made;"
    facts = [Content(f"{said} batch-tui looks for it before it sends the same requests again.")]
    return ConfirmDialog(plain("Quit now?"), facts, yes="Quit", no="Stay", monotonic=monotonic)
