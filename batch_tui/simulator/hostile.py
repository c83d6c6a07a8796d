"""Text that breaks careless programs: markup, control characters, odd Unicode, extremes of length."""

from __future__ import annotations

TEXTS: tuple[str, ...] = (
    "Close what was never opened: [/x] [/] and [/red].",
    "[red]This must not turn red[/red] and [b]this[/b] not bold.",
    "[@click=app.quit]press me[/] or [@click=app.bell]me[/]",
    "[link=https://example.invalid]a link[/link] and an unclosed [bold",
    "A bare escape: \x1b[31mred?\x1b[0m and \x1b[2Jcleared?",
    "A title: \x1b]0;owned\x07 and the clipboard: \x1b]52;c;aGVsbG8=\x07 done.",
    "Device questions: \x1b[c \x1b[6n \x1bP$q q\x1b\\ end.",
    "Eight-bit control: \x9b31m and \x9d0;title\x9c and \x90x\x9c.",
    "Reversed from here: \u202egpj.exe\u202c and isolated \u2067abc\u2069.",
    "Line separator\u2028paragraph separator\u2029next line\x85vertical tab\x0bform feed\x0cend.",
    "A NUL here: \x00 and a bell \x07 and a backspace \x08\x08\x08 and DEL \x7f.",
    "Half a pair: \ud800 and the other half \udc00 alone.",
    "漢字かな交じり文 한국어 문장 中文文本 ｆｕｌｌｗｉｄｔｈ",
    "👩‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍🌈 🇪🇺 ❤️ 1️⃣",
    "zero\u200bwidth\u200cjoin\u200ders\ufeff and soft\u00adhyphen",
    "Z̴̢͉a̷l̶g̸o̵ over e\u0301\u0301\u0301\u0301\u0301",
    "unbroken-" + "x" * 6_000,
    '=HYPERLINK("https://example.invalid","spreadsheet") and +1+1 and @SUM(A1)',
    "tabs\tand\r\nCRLF\rand lone CR",
    "%s %d {0} {name} ${HOME} `id` <script>alert(1)</script> &amp;",
    " \n\t ",
    "",
)
"""Each is one answer's whole text somewhere in the standard scene."""

ERROR_MESSAGES: tuple[str, ...] = (
    "Tool '[@click=app.quit]x[/]' not found in provided tools",
    "tools.0.\x1b[31mname\u202e: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    "messages.0.content: found [/x] where a block\u2028was expected",
)
"""Error messages that quote what a user sent."""
