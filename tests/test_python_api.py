"""What a Python user expects: names at the top, reprs that fit a line, notebooks, pickles, progress."""

import logging
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import placeprint as pp
from placeprint.datasets import PhotoSet, PlaceDataset
from placeprint.datasets.town import write_town
from placeprint.photos import find
from placeprint.progress import reporting
from placeprint.whitening.whitening import Whitening


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_town(tmp_path_factory.mktemp("town"), references=10, queries=2, elsewhere=1, quiet=True)


@pytest.fixture(scope="module")
def built(town, tmp_path_factory):
    path = tmp_path_factory.mktemp("built") / "<b>town.placemap"
    pp.PlaceMap.build(town.folder / "database", path, quiet=True).close()
    return path


def test_everything_at_the_top_is_there():
    for name in pp.__all__:
        assert getattr(pp, name) is not None
    assert issubclass(pp.PlaceprintError, Exception)
    assert pp.open_descriptor("lite0-netvlad").dim == 512
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        pp.nothing  # noqa: B018


def test_representations_fit_a_line_and_say_what_matters(built, town):
    photos = PhotoSet(find(town.folder / "database", quiet=True).photos)
    data = PlaceDataset("town", photos, photos.take(np.arange(3)))
    found = pp.evaluate(data, ["lite0-netvlad"], "own-photos", quiet=True)
    with pp.PlaceMap.open(built) as places:
        place = places.locate(photos[0].path)
        stranger = places.locate(np.zeros((90, 90, 3), np.uint8))
        shown = [places, place, stranger, found, found.results[0], data, photos, places.descriptor]
        for each in [*shown, places.descriptor.whitening, places.references.index, places.spec]:
            assert "\n" not in repr(each)
            assert len(repr(each)) < 240, repr(each)
        assert "10 photos" in repr(places)
        for each in (places, place, stranger, found):
            html = each._repr_html_()
            assert "<table>" in html
            assert "<b>" not in html  # names are escaped
        assert "<svg" in places._repr_html_()
    assert "closed" in places._repr_html_()


@pytest.mark.parametrize("used", [False, True])
def test_descriptors_go_into_other_processes(used, town):
    descriptor = pp.open_descriptor("lite0-netvlad")
    photo = next((town.folder / "database").iterdir())
    expected = descriptor.describe([photo]) if used else None
    content = pickle.dumps(descriptor)
    assert len(content) < 1000  # by its name
    again = pickle.loads(content)
    assert again.fingerprint == descriptor.fingerprint
    np.testing.assert_array_equal(
        again.describe([photo]), descriptor.describe([photo]) if expected is None else expected
    )


def test_progress_goes_where_the_program_wants_it(town, tmp_path, capsys):
    told = []
    with reporting(lambda *what: told.append(what)):
        pp.PlaceMap.build(town.folder / "database", tmp_path / "m").close()
    assert ("describing", 0, 10, "photos") in told
    assert ("describing", 10, 10, "photos") in told
    assert {label for label, *_ in told} >= {
        "describing",
        "calibrating (descriptor)",
        "calibrating (verified)",
    }
    assert capsys.readouterr().err == ""
    count = len(told)
    pp.PlaceMap.build(town.folder / "database", tmp_path / "other", quiet=True).close()
    assert len(told) == count


def test_whitening_has_the_names_of_scikit_learn():
    vectors = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    whitening = Whitening.fit(vectors, 4)
    np.testing.assert_array_equal(whitening.transform(vectors), whitening.apply(vectors))


def test_the_library_says_nothing_unless_it_is_asked(town, tmp_path):
    """Logging, not printing: a program that configures nothing sees nothing."""
    assert not logging.getLogger("placeprint").handlers
    program = (
        "import placeprint as pp, sys; from pathlib import Path;"
        f"pp.PlaceMap.build({str(town.folder / 'database')!r}, {str(tmp_path / 'm')!r}, quiet=True).close()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_locating_in_a_fresh_process_loads_few_modules(built, town):
    query = next((town.folder / "database").iterdir())
    program = (
        "import sys, placeprint as pp;"
        f"places = pp.PlaceMap.open({str(built)!r}); places.locate({str(query)!r});"
        "print(sum(name.partition('.')[0] == 'placeprint' for name in sys.modules));"
        "print('torch' in sys.modules, 'placeprint.datasets' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    count, heavy = done.stdout.splitlines()
    assert int(count) <= 120
    assert heavy == "False False"


def test_no_module_imports_itself_through_others():
    """No circle, also among imports inside functions and for types alone."""
    import ast

    source = Path(pp.__file__).parents[1]
    modules = {}
    for path in source.rglob("*.py"):
        name = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        modules[name] = ast.parse(path.read_text("utf-8"))
    imports = {}
    for name, tree in modules.items():
        taken = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                taken |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        inside = {each for each in taken if each in modules and each != name}
        # A package whose submodule is imported is no dependency of its own
        imports[name] = {
            each for each in inside if not any(other.startswith(f"{each}.") for other in inside & taken)
        }
    state: dict[str, int] = {}
    trail: list[str] = []

    def visit(name):
        state[name] = 1
        trail.append(name)
        for other in sorted(imports[name]):
            assert state.get(other) != 1, " -> ".join([*trail[trail.index(other) :], other])
            if other not in state:
                visit(other)
        trail.pop()
        state[name] = 2

    for name in sorted(modules):
        if name not in state:
            visit(name)
