"""The `placeprint` command: one file per command, with the same names as in Python."""

import logging
import shlex
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from placeprint.cli.experiments.compare import compare
from placeprint.cli.experiments.dataset import dataset
from placeprint.cli.experiments.evaluate import evaluate
from placeprint.cli.experiments.list import list_
from placeprint.cli.experiments.plot_losses import plot_losses
from placeprint.cli.experiments.train import train
from placeprint.cli.maps.add import add
from placeprint.cli.maps.build import build
from placeprint.cli.maps.demo import demo
from placeprint.cli.maps.doctor import doctor
from placeprint.cli.maps.info import info
from placeprint.cli.maps.locate import locate
from placeprint.cli.maps.merge import merge
from placeprint.cli.maps.relocate import relocate
from placeprint.cli.maps.remove import remove
from placeprint.cli.maps.undo_xmp import undo_xmp
from placeprint.cli.models.convert import convert
from placeprint.cli.models.explain import explain
from placeprint.cli.models.export import export
from placeprint.cli.models.learn import learn
from placeprint.cli.terminal import PrintableFormatter, say
from placeprint.errors import PlaceprintError

app = typer.Typer(
    name="placeprint",
    help="Where was this photo taken? Build a map from geotagged photos, then locate others in it.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (
    demo,
    build,
    locate,
    undo_xmp,
    info,
    add,
    remove,
    merge,
    relocate,
    doctor,
    learn,
    convert,
    export,
    evaluate,
    explain,
    plot_losses,
    train,
    compare,
):
    app.command()(verb)
app.command("list")(list_)
app.add_typer(dataset, name="dataset")


def _version(asked: bool) -> None:
    if asked:
        from placeprint.version import __version__

        typer.echo(f"placeprint {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Where was this photo taken? Build a map from geotagged photos, then locate others in it."""


INTERRUPTED = 130
"""Exit status after Ctrl-C."""


def how_to_go_on(words: Sequence[str]) -> str:
    """What someone who pressed Ctrl-C needs to know: what is kept, and how to continue."""
    command = next((word for word in words if not word.startswith("-")), "")
    if command in ("build", "add", "merge"):
        return "What was stored is kept; the same command continues from there."
    if command == "evaluate":
        return "Vectors that were computed are kept; the same command continues from there."
    if command == "train":
        again = list(words) + ([] if "--resume" in words else ["--resume"])
        return f"Continue with: placeprint {shlex.join(again)}"
    if command == "locate":
        return "Files are written at the end, so none was; maps do not change. Start the same command again."
    return "No file was left half written; start the same command again."


def _memory_is_limited() -> bool:
    """Whether the address space of this process has a limit, as `ulimit -v` sets it."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def main() -> None:
    """Run the command. A user's mistake is one line on standard error and exit status 1."""
    handler = logging.StreamHandler()  # on standard error
    handler.setFormatter(PrintableFormatter("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("placeprint").setLevel(logging.INFO)
    logging.getLogger("PIL").setLevel(logging.CRITICAL)  # what matters comes as an error with a name
    try:
        app()
    except BrokenPipeError:
        sys.exit(0)
    except PlaceprintError as error:
        say(f"placeprint: {error}", err=True)
        sys.exit(1)
    except OSError as error:  # a folder that is not writable, a full disk
        say(f"placeprint: {error.filename or 'file'}: {error.strerror or error}", err=True)
        sys.exit(1)
    except ImportError as error:
        say(
            f"placeprint: a library cannot be loaded ({error}). If memory is limited, allow more; "
            "else install placeprint again.",
            err=True,
        )
        sys.exit(1)
    except Exception as error:
        starved = isinstance(error, MemoryError) or "can't start new thread" in str(error)
        if not starved and not _memory_is_limited():
            raise
        # A library that lacks memory while it is loaded fails with any exception, now or at its first use.
        say("placeprint: not enough memory. Free some, or allow more, and run it again.", err=True)
        sys.exit(1)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # what typer makes of Ctrl-C
            say(f"placeprint: stopped. {how_to_go_on(sys.argv[1:])}", err=True)
        raise
    except KeyboardInterrupt:
        say(f"placeprint: stopped. {how_to_go_on(sys.argv[1:])}", err=True)
        sys.exit(INTERRUPTED)
