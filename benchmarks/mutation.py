"""Mutation testing: are there tests that fail when a line of the library is wrong?

    python benchmarks/mutation.py [PATH ...] [--per-file 6] [--seed 0]

Draws a sample of mutants of every file (small changes of its syntax tree: `OPERATORS`), puts each into a copy
of `src`, runs the tests of that file, and prints the mutants that no test noticed. Nothing in the working
tree is changed. Paths are files or folders below `src/placeprint`; without any, the rooms whose numbers
everything else rests on (`ROOMS`).

The tests of `room/file.py` are `tests/room/test_file.py`, else what `TESTS` names, else all of `tests/room`.
They must pass without a mutant; a mutant that makes them take five times as long counts as noticed. What is
drawn depends on the seed and on the file alone. `EQUIVALENT` lists mutants that change nothing that can be
observed, with the reason; they are neither run nor counted.
"""

import argparse
import ast
import compileall
import copy
import importlib.util
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "placeprint"

ROOMS = (
    "arrays", "geo", "losses", "metrics", "index", "rerank", "retrieval", "training/mining", "placemap",
)  # fmt: skip

LEFT_OUT = {
    "placemap/storage/disk_errors.py": "errors of a full or broken disk, by the system's numbers",
    "placemap/calibration/prior.py": "learned numbers, printed by benchmarks/calibration_prior.py",
}

STORE = ("placemap/storage/test_store.py", "placemap/storage/test_store_damage.py")
PLACES = ("placemap/test_placemap_programs.py",)
TUPLES = ("losses/test_tuple_losses.py", "losses/test_triplet.py", "losses/test_metric_learning.py")
PARTS: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = {
    "losses": {
        ("batch_hard_triplet", "hard_quadruplet"): ("losses/test_pddm.py", "losses/test_metric_learning.py"),
        ("contrastive", "tuple_loss"): TUPLES,
        ("gradients",): ("losses/test_gradient_plane.py",),
        ("metric_learning", "metric_learning_losses"): ("losses/test_metric_learning.py",),
        ("sare",): ("losses/test_sare.py", "losses/test_tuple_losses.py"),
        ("statistics",): ("losses/test_tuple_statistics.py",),
        ("triplet",): TUPLES,
    },
    "geo": {("nearby",): ("geo/test_nearby.py", "geo/test_boxes.py")},
    "index": {("exact", "faiss", "index", "registry"): ("index",)},
    "rerank": {
        ("k_reciprocal", "k_reciprocal_encoding", "k_reciprocal_presets"): (
            "rerank/test_k_reciprocal.py",
            "rerank/test_k_reciprocal_stage.py",
        ),
    },
    "training/mining": {
        ("exhaustive", "nearest_among"): ("training/mining/test_negatives.py",),
        ("refresh", "tuples"): ("training/mining/test_tuple_sampler.py",),
    },
    "training/mining/labels": {
        ("position_labels",): ("training/mining/labels/test_weak_labels.py",),
        ("positives",): ("training/mining/test_negatives.py",),
    },
    "placemap": {
        ("placemap",): PLACES,
    },
    "placemap/storage": {
        ("compaction", "creation", "database", "entry", "integrity", "lock"): STORE,
        ("manifest", "records", "segment", "segments", "snapshot", "store"): STORE,
    },
}
TESTS = {
    f"{room}/{name}.py": tests
    for room, parts in PARTS.items()
    for names, tests in parts.items()
    for name in names
}
"""Where a file's tests are not where its name says."""

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("losses/statistics.py", "kept = wide(negatives).masked_fill(~real[..., None], 0)", "0 → 1"): (
        "what is no negative only has to be finite: nothing of it is counted"
    ),
    ("losses/tuple_loss.py", "kept = wide(negatives).masked_fill(~real[..., None], 0)", "0 → 1"): (
        "what is no negative only has to be finite: its terms are masked"
    ),
    ("training/mining/descriptor_cache.py", "return vectors[rows].astype(np.float32, copy=False)", "any"): (
        "rows that are picked by numbers are a copy already"
    ),
    (
        "index/faiss.py",
        'missing = np.float32(-np.inf if self.metric == "ip" else np.inf)',
        "without -",
    ): "where there is no id the distance is set to infinity again, four lines below",
    (
        "training/mining/nearest_among.py",
        "count = min(count, len(rows)) if np.isfinite(query[0]) else 0",
        "0 → 1",
    ): "of a photo without a vector all numbers are NaN, the second like the first",
    (
        "placemap/locating.py",
        "proven = any((match.inliers or 0) >= PROVEN for match in listed[:1])",
        "0 → 1",
    ): "both are fewer than prove anything",
    ("rerank/k_reciprocal_encoding.py", "FLOATS = 2**22", "any"): (
        "says how much is in memory at a time; that no size changes the result is tested"
    ),
    ("retrieval/spec.py", "for count in range(len(parts), 1, -1):", "1 → 0"): (
        "the first part alone leaves all parts as they are, whether there is such a file or not"
    ),
    ("placemap/storage/segments.py", "temporary.mkdir(parents=True)", "True → False"): (
        "the folder of segments is there as long as the map"
    ),
    ("geo/nearby.py", "if south <= -90.0 or north >= 90.0:", "<= → <"): (
        "a box is 1 % larger than its circle, which does not reach the pole then"
    ),
    ("geo/nearby.py", "if south <= -90.0 or north >= 90.0:", ">= → >"): (
        "a box is 1 % larger than its circle, which does not reach the pole then"
    ),
    ("placemap/storage/lock.py", "yield True", "any"): "runs on Windows alone",
}
"""(file, its line without indentation, change) → why no test can notice it. The change "any": all of them."""

PRELOADED = (
    "numpy", "torch", "scipy.optimize", "scipy.spatial", "scipy.special", "scipy.stats", "sklearn.cluster",
    "sklearn.metrics", "PIL.Image", "cv2", "pydantic", "pyproj", "faiss", "poselib", "onnxruntime",
    "pytorch_metric_learning.losses", "hypothesis.strategies", "hypothesis.extra.numpy", "pytest",
)  # fmt: skip
"""Imported once and not for every mutant, where they are installed."""

SWAPS: dict[type[ast.AST], tuple[type[ast.AST], str]] = {
    ast.Lt: (ast.LtE, "< → <="),
    ast.LtE: (ast.Lt, "<= → <"),
    ast.Gt: (ast.GtE, "> → >="),
    ast.GtE: (ast.Gt, ">= → >"),
    ast.Eq: (ast.NotEq, "== → !="),
    ast.NotEq: (ast.Eq, "!= → =="),
    ast.Is: (ast.IsNot, "is → is not"),
    ast.IsNot: (ast.Is, "is not → is"),
    ast.In: (ast.NotIn, "in → not in"),
    ast.NotIn: (ast.In, "not in → in"),
    ast.Add: (ast.Sub, "+ → -"),
    ast.Sub: (ast.Add, "- → +"),
    ast.Mult: (ast.Div, "* → /"),
    ast.Div: (ast.Mult, "/ → *"),
    ast.FloorDiv: (ast.Mult, "// → *"),
    ast.Pow: (ast.Mult, "** → *"),
    ast.BitAnd: (ast.BitOr, "& → |"),
    ast.BitOr: (ast.BitAnd, "| → &"),
    ast.And: (ast.Or, "and → or"),
    ast.Or: (ast.And, "or → and"),
}
NAMES = {
    "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum",
    "argmin": "argmax", "argmax": "argmin", "amin": "amax", "amax": "amin",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """`node`: the number of the changed node in `ast.walk`; `choice`: which of its changes."""

    file: Path
    line: int
    text: str
    change: str
    node: int
    choice: int

    @property
    def name(self) -> str:
        return self.file.relative_to(PACKAGE).as_posix()

    def reason(self) -> str | None:
        """Why it is equivalent, if it is."""
        return EQUIVALENT.get((self.name, self.text, self.change)) or EQUIVALENT.get(
            (self.name, self.text, "any")
        )

    def source(self) -> str:
        """The whole file with the change."""
        tree = ast.parse(self.file.read_text(encoding="utf-8"))
        target = list(ast.walk(tree))[self.node]
        changed = [new for _, new in changes(target)][self.choice]
        return ast.unparse(ast.fix_missing_locations(_Replacing(target, changed).visit(tree)))


class _Replacing(ast.NodeTransformer):
    def __init__(self, target: ast.AST, changed: ast.AST) -> None:
        self.target, self.changed = target, changed

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.target:
            return self.changed
        return self.generic_visit(node)


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What can be done to one node: a description and the node that takes its place."""
    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                if type(op) in SWAPS:
                    swapped, words = SWAPS[type(op)]
                    new = copy.deepcopy(node)
                    new.ops[at] = swapped()  # type: ignore[call-overload]
                    yield words, new
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator) | ast.BoolOp(op=operator):
            if type(operator) in SWAPS:
                swapped, words = SWAPS[type(operator)]
                yield words, _with(node, op=swapped())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "without not", operand
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            yield "without ~", operand
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield "without -", operand
        case ast.Constant(value=bool(value)):
            yield f"{value} → {not value}", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            other = {0: 1, 1: 0}.get(value, value + 1)
            yield f"{value} → {other}", ast.Constant(other)
        case ast.Constant(value=float(value)):
            doubled = 2 * value if value else 1.0
            yield f"{value:g} → {doubled:g}", ast.Constant(doubled)
        case ast.Call(func=ast.Name(id=name)) if name in NAMES:
            yield f"{name} → {NAMES[name]}", _with(node, func=ast.Name(NAMES[name], ast.Load()))
        case ast.Call(func=ast.Attribute(attr=name)) if name in NAMES:
            yield f"{name} → {NAMES[name]}", _with(node, func=_with(node.func, attr=NAMES[name]))
        case ast.Slice(lower=lower, upper=upper):
            if lower is not None and not isinstance(lower, ast.Constant):
                yield "slice from one later", _with(node, lower=ast.BinOp(lower, ast.Add(), ast.Constant(1)))
            if upper is not None and not isinstance(upper, ast.Constant):
                yield "slice to one less", _with(node, upper=ast.BinOp(upper, ast.Sub(), ast.Constant(1)))
        case ast.Expr(value=ast.Call()):
            yield "call left out", ast.Pass()


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def mutants(file: Path) -> list[Mutant]:
    """All of a file, in order."""
    text = file.read_text(encoding="utf-8")
    tree, lines = ast.parse(text), text.splitlines()
    barred = {id(inner) for node in ast.walk(tree) for part in _barred(node) for inner in ast.walk(part)}
    found = []
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in barred:
            continue
        for choice, (words, _) in enumerate(changes(node)):
            line = _line(node)
            found.append(Mutant(file, line, lines[line - 1].strip(), words, number, choice))
    return found


def _line(node: ast.AST) -> int:
    lines = [inner.lineno for inner in ast.walk(node) if hasattr(inner, "lineno")]
    return getattr(node, "lineno", min(lines, default=1))


def _barred(node: ast.AST) -> Iterator[ast.AST]:
    """What below a node no test is asked for: types, errors' words, how things are printed and logged."""
    match node:
        case ast.FunctionDef(name="__repr__" | "_repr_html_") | ast.Raise() | ast.JoinedStr():
            yield node
        case ast.FunctionDef() | ast.ClassDef():
            yield from node.decorator_list
            if isinstance(node, ast.FunctionDef) and node.returns is not None:
                yield node.returns
        case ast.arg(annotation=ast.AST() as annotation):
            yield annotation
        case ast.AnnAssign(annotation=annotation):
            yield annotation
            if "TypeAlias" in ast.unparse(annotation) and node.value is not None:
                yield node.value
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            yield node
        case ast.keyword(arg="strict" | "repr"):
            yield node
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "logger" | "warnings")))):
            yield node
        case ast.Call(func=ast.Name(id="cast" | "TypeVar")):
            yield node


def tests_of(file: Path) -> list[str]:
    """Paths of its tests, below the root."""
    name = file.relative_to(PACKAGE)
    mirrored = Path("tests", name.parent, f"test_{name.name}")
    if name.as_posix() in TESTS:
        return [f"tests/{test}" for test in TESTS[name.as_posix()]]
    if (ROOT / mirrored).exists():
        return [mirrored.as_posix()]
    rooms = [Path("tests", room) for room in name.parents if (ROOT / "tests" / room).is_dir()]
    return [rooms[0].as_posix()]


class Bench:
    """A copy of the sources in which one file at a time is wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.source = folder, folder / "src"
        shutil.copytree(PACKAGE, self.source / "placeprint", ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(self.source, quiet=1)
        self.context: SpawnContext | ForkServerContext = SpawnContext()
        if sys.platform != "win32":
            self.context = ForkServerContext()
            there = [name for name in PRELOADED if importlib.util.find_spec(name.split(".")[0])]
            self.context.set_forkserver_preload(there)

    def run(self, tests: list[str], seconds: float, mutant: Mutant | None = None) -> str:
        """ "passed", "failed", "broken" (nothing was tested) or "timed out"."""
        target = self.source / "placeprint" / mutant.name if mutant else None
        if target and mutant:
            for compiled in (target.parent / "__pycache__").glob(f"{target.stem}.*"):
                compiled.unlink()
            target.write_text(mutant.source(), encoding="utf-8")
        try:
            return self._tested(tests, seconds)
        finally:
            if target and mutant:
                shutil.copy(mutant.file, target)

    def _tested(self, tests: list[str], seconds: float) -> str:
        process = self.context.Process(target=_test, args=(str(self.folder), tests))
        process.start()
        process.join(seconds)
        if process.is_alive():
            if hasattr(os, "killpg") and process.pid:
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.join()
            return "timed out"
        return {0: "passed", 1: "failed"}.get(process.exitcode or 0, "broken")


def _test(folder: str, tests: list[str]) -> None:
    """In a process of its own."""
    if hasattr(os, "setsid"):
        os.setsid()
    source = str(Path(folder, "src"))
    sys.dont_write_bytecode = True  # a mutant of the same second and size would pass for the last one
    sys.path.insert(0, source)
    os.environ |= {"PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"}
    os.chdir(ROOT)
    with Path(folder, "output.txt").open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        import hypothesis
        import pytest

        import placeprint

        hypothesis.settings.register_profile("mutation", deadline=None, derandomize=True, database=None)
        hypothesis.settings.load_profile("mutation")
        assert Path(placeprint.__file__).is_relative_to(source)
        quietly = ["-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        os._exit(pytest.main([*tests, "-x", "-q", *quietly]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("paths", nargs="*", default=list(ROOMS), help="below src/placeprint")
    parser.add_argument("--per-file", type=int, default=6, help="mutants drawn a file, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--list", action="store_true", help="say what would be drawn and run nothing")
    options = parser.parse_args()
    drawn = {}
    for path in options.paths:
        place = PACKAGE / path
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            name = file.relative_to(PACKAGE).as_posix()
            every = mutants(file) if name not in LEFT_OUT else []
            if every:
                draw = random.Random(f"{options.seed} {name}")
                drawn[file] = sorted(
                    draw.sample(every, min(options.per_file, len(every))), key=lambda m: (m.line, m.change)
                )
    if options.list:
        for found in drawn.values():
            for mutant in found:
                print(f"{mutant.name}:{mutant.line}: {mutant.change}: {mutant.text}")
        return
    with tempfile.TemporaryDirectory() as folder:
        survivors, rooms = examine(Bench(Path(folder)), drawn)
    print("\nSurvivors:" if survivors else "\nNo survivors.")
    for mutant in survivors:
        print(f"  {mutant.name}:{mutant.line}: {mutant.change}: {mutant.text}")
    print(f"\n{'room':<20}{'mutants':>8}{'killed':>8}{'share':>9}{'equivalent':>12}")
    rooms["all"] = [sum(counts) for counts in zip(*rooms.values(), strict=True)] if rooms else [0, 0, 0]
    for room, (count, killed, equivalent) in rooms.items():
        share = f"{killed / count:.1%}" if count else "-"
        print(f"{room:<20}{count:>8}{killed:>8}{share:>9}{equivalent:>12}")


def examine(bench: Bench, drawn: dict[Path, list[Mutant]]) -> tuple[list[Mutant], dict[str, list[int]]]:
    """The survivors; and by room how many were run, how many killed, how many are equivalent."""
    survivors: list[Mutant] = []
    rooms: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    needed: dict[tuple[str, ...], float] = {}
    for file, found in drawn.items():
        tests = tests_of(file)
        counts = rooms[_room(file)]
        asked = [mutant for mutant in found if mutant.reason() is None]
        counts[2] += len(found) - len(asked)
        if asked and tuple(tests) not in needed:
            start = time.perf_counter()
            if bench.run(tests, 3600.0) != "passed":
                print((bench.folder / "output.txt").read_text())
                sys.exit(f"{' '.join(tests)} must pass before mutants are tried")
            needed[tuple(tests)] = time.perf_counter() - start
        for mutant in asked:
            start = time.perf_counter()
            end = bench.run(tests, 20.0 + 5.0 * needed[tuple(tests)], mutant)
            counts[0] += 1
            counts[1] += end != "passed"
            if end == "passed":
                survivors.append(mutant)
            seconds = time.perf_counter() - start
            word = "SURVIVED" if end == "passed" else end
            print(f"{word:<9} {seconds:5.1f} s  {mutant.name}:{mutant.line}: {mutant.change}", flush=True)
    return survivors, dict(rooms)


def _room(file: Path) -> str:
    name = file.relative_to(PACKAGE).as_posix()
    return next((room for room in ROOMS if name.startswith(f"{room}/")), name.split("/")[0])


if __name__ == "__main__":
    main()
