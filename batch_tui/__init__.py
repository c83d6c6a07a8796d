"""A live terminal dashboard for Claude Message Batches."""

__version__ = "0.1.0"
