"""Where the program begins, as `batch-tui` and as `python -m batch_tui`."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line."""
    # What is imported stays: looking through it for garbage at each step is a tenth of the start.
    gc.disable()
    from batch_tui.cli import main as run

    try:
        run()
    finally:
        # Python would look through all of it once more before it ends: 20 ms.
        gc.freeze()


if __name__ == "__main__":
    main()
