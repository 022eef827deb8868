"""The command line: thin, with one file per command."""

from placeprint.cli.app import app as app
from placeprint.cli.app import main as main

__all__ = ["app", "main"]
