"""`python -m batch_tui` is the same as `batch-tui`."""

from batch_tui.cli import main

if __name__ == "__main__":
    main()
