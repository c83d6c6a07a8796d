"""The words on screen that tests look for, as regular expressions; when a label is reworded, only this file changes."""

from __future__ import annotations

# The list
LIVE = r"● live"
NOT_LIVE = r"not live"
LOADED = r"([\d,]+) loaded"
NEW_ABOVE = r"↑ ([\d,]+) new"
END_OF_LIST = r"end of the list"
RUNNING = r"\brunning\b"
CANCELING = r"\bcanceling\b"
ENDED = r"\bended\b"
ALL_OK = r"all ok"
CURSOR = "▌▸"
MESSAGE_EDGE = "\N{LEFT HALF BLOCK}"
"""Where a message begins that covers the right end of rows."""
PANEL_EDGE = "│"
PAUSED = r"paused"
NO_BATCHES_LOADED = r"No batches could be loaded"
GONE_ALREADY = r"gone already"
OLDER_FAILED = r"did not load"
NOTHING_TO_CANCEL = r"nothing left to cancel"

# The detail
DETAIL = r"batch [\d,]+ of [\d,]+"
"""Not the heading of a part: the panel beside a wide list has those too."""

# Dialogs
ASK_CANCEL = r"Cancel this batch\?"
ASK_DELETE = r"Delete this batch\?"

# Results
SUCCEEDED = r"✓ succeeded\b"
ROWS = r"([\d,]+)(?: of [\d,]+)? rows"
RESULTS_TABLE = r"CUSTOM_ID"
SAVED = r"✓ saved"
STOPPED = r"! stopped"
RETRYING = r"Trying again"
TRY_AGAIN = r"P tries again"
RECORD_TITLE = r"#([\d,]+) (\S+) +succeeded"
"""Number and custom_id of the record shown."""
RECORD_TABS = r"Text.*Raw.*Usage"
RAW_CUSTOM_ID = r'custom_id: "{}"'
INPUT_TOKENS = r"input_tokens"

# Help and welcome
HELP_KEYS = r"Cancel this batch, after asking"
NO_CREDENTIALS = r"[Nn]o credentials"
WHAT_TO_SET = r"ANTHROPIC_API_KEY"
BAD_KEY = r"characters that cannot be part of one"

# Trouble
REFUSED_KEY = r"401 authentication_error"
REQUEST_ID = r"req_\w+"
UNREACHABLE = r"[Cc]ould not connect|could not be reached"
WEB_PAGE = r"HTML page"
NEEDS_TERMINAL = "needs a terminal"
