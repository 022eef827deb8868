"""The command line: thin, one file a command."""

from placeprint.cli.app import app as app
from placeprint.cli.app import main as main

__all__ = ["app", "main"]
