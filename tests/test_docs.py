"""What the documentation says is run: code blocks, commands, configurations, links, tables of names, `docs/cli.md`.

In README.md and docs/, by the first word after the fence:

    python    runs, one namespace a page, in a folder where `demo/` is a finished tiny demo and `models/` its models
    toml      is a run's configuration; `# NAME.toml` in its first line puts it under that name into the folder
    console   lines that begin with `$ maquette` are executed, and leave with exit code 0
    bash      lines that begin with `maquette` or `./run` name commands and options that exist; they are not executed
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import maquette.cli
import maquette.data.datasets
import maquette.data.noise
import maquette.encoders
import maquette.index
import maquette.methods
import maquette.modalities
from maquette import config
from maquette.cli.app import app
from maquette.registry import Registry

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REGISTRIES: dict[str, Registry[Any]] = {
    "docs/encoders.md": maquette.encoders.ENCODERS,
    "docs/training.md": maquette.methods.METHODS,
    "docs/data.md": maquette.data.datasets.DATASETS,
    "docs/geometry.md": maquette.modalities.MODALITIES,
    "docs/search.md": maquette.index.INDEXES,
}


def blocks(page: Path) -> list[tuple[str, str, int]]:
    """Language, text and first line of each fenced block."""
    text = page.read_text(encoding="utf-8")
    return [(found[1], found[2], text[: found.start(2)].count("\n") + 1) for found in BLOCK.finditer(text)]


def command_lines(text: str, *, prompt: str = "") -> Iterator[str]:
    """The commands of a block, continued lines joined."""
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith(prompt) and line.removeprefix(prompt).split(" ")[0] in ("maquette", "./run"):
            yield line.removeprefix(prompt)


@pytest.fixture
def place(tmp_path: Path, tiny_demo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's folder: a finished demo in `demo`, a folder of 3D models in `models`, and we are in it."""
    (tmp_path / "demo").mkdir()
    for part in sorted(tiny_demo.iterdir()):
        (tmp_path / "demo" / part.name).symlink_to(part)
    (tmp_path / "demo" / "collection").unlink()  # a reader may add to it
    shutil.copytree(tiny_demo / "collection", tmp_path / "demo" / "collection")
    shutil.copytree(tiny_demo / "data" / "models", tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def registries_as_they_were() -> Iterator[None]:
    """What a page registers is forgotten after it: other tests run on everything that is registered."""
    everything = [*REGISTRIES.values(), maquette.data.noise.NOISES]
    before = [dict(registry._builders) for registry in everything]
    yield
    for registry, builders in zip(everything, before, strict=True):
        registry._builders = builders


def runnable(name: str) -> list[tuple[str, str, int]]:
    """The blocks of a page that are run."""
    return [block for block in blocks(ROOT / name) if block[0] in ("python", "toml", "console")]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if any(block[0] == "console" for block in runnable(name)) else ())
        for name in NAMES
        if runnable(name)
    ],
)
@pytest.mark.usefixtures("registries_as_they_were")
def test_the_code_of_a_page_runs_from_top_to_bottom(name: str, place: Path) -> None:
    found = runnable(name)
    namespace: dict[str, Any] = {"__name__": "__page__"}
    for language, text, line in found:
        if language == "python":
            code = compile("\n" * (line - 1) + text, str(ROOT / name), "exec", dont_inherit=True)
            exec(code, namespace)
        elif language == "toml":
            _keep_configuration(place, text)
        else:
            for command in command_lines(text, prompt="$ "):
                _execute(command)


def _keep_configuration(place: Path, text: str) -> None:
    title = re.match(r"# (\S+\.toml)\n", text)
    path = place / (title[1] if title else "page.toml")
    path.write_text(text, encoding="utf-8")
    config.load_config(path)


def _execute(command: str) -> None:
    """Run a command in this process, which has imported everything already."""
    try:
        app(shlex.split(command, comments=True)[1:], prog_name="maquette")
    except SystemExit as leaving:
        assert leaving.code in (0, None), f"{command}: exit code {leaving.code}"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_a_page_exists_with_its_options(name: str) -> None:
    known = _load("docs/make_cli.py").commands()
    for language, text, _ in blocks(ROOT / name):
        if language in ("bash", "console"):
            for line in command_lines(text, prompt="$ " if language == "console" else ""):
                fault = command_fault(line, known)
                assert fault is None, f"{name}: {line}: {fault}"


def command_fault(line: str, known: dict[str, Any]) -> str | None:
    """What is wrong with a command line, by the command tree; None if nothing is."""
    words = shlex.split(line, comments=True)
    if words[0] == "./run" and (len(words) == 1 or words[1] in ("test", "setup")):
        return None
    path = next((depth for depth in (2, 1) if " ".join(words[1 : depth + 1]) in known), 0)
    if path == 0:
        return None if words[1:] in (["--version"], ["--help"]) else "no such command"
    command = known[" ".join(words[1 : path + 1])]
    flags = {name: parameter for parameter in command.params for name in parameter.opts if name.startswith("-")}
    required = sum(p.required for p in command.params if p.param_type_name == "argument")
    most = sum(1 if p.nargs == 1 else 1000 for p in command.params if p.param_type_name == "argument")
    rest, given = words[path + 1 :], 0
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            given += 1
            continue
        option = word.split("=")[0]
        if option in ("-h", "--help"):
            return None
        if option not in flags:
            return f"no option {option}"
        if not flags[option].is_flag and "=" not in word:
            if not rest:
                return f"{option} wants a value"
            rest.pop(0)
    return None if required <= given <= most else f"{given} arguments, expected {required} to {most}"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("maquette search C --image a.png -k 3 --json  # a comment", None),
        ("./run demo --out D", None),
        ("./run test tests/search", None),
        ("maquette serch C", "no such command"),
        ("maquette search C --photo a.png", "no option --photo"),
        ("maquette search C -k", "-k wants a value"),
        ("maquette search", "0 arguments, expected 1 to 1"),
        ("maquette index", "no such command"),
    ],
)
def test_a_wrong_command_is_found(line: str, fault: str | None) -> None:
    assert command_fault(line, _load("docs/make_cli.py").commands()) == fault


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_picture_of_a_page_is_there(name: str) -> None:
    page = ROOT / name
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{name}: {target}"
        assert linked.is_relative_to(ROOT), f"{name}: {target} leaves the repository"
        if anchor:
            assert anchor in headings(linked), f"{name}: {target}: no such heading"


def headings(page: Path) -> set[str]:
    """The anchors of a page, as code hosts make them: lower case, spaces to dashes, other signs dropped."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_is_reached_from_the_map_of_the_docs() -> None:
    linked = set(re.findall(r"\]\(([^)\s#]+)", (ROOT / "docs" / "index.md").read_text(encoding="utf-8")))
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in PAGES if page.parent != ROOT} - {"index.md"}
    assert pages <= linked


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    rendered = _load("docs/make_cli.py").render()
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == rendered, "run: python docs/make_cli.py"


@pytest.mark.parametrize(
    ("section", "prefix"),
    [
        (config.RunConfig, ""),
        (config.DataConfig, "data."),
        (config.ModalityConfig, "modalities.NAME."),
        (config.NoiseConfig, "noise."),
        (config.MethodConfig, "method."),
        (config.TrainConfig, "train."),
    ],
)
def test_the_page_of_training_has_every_key_with_its_default(section: type[BaseModel], prefix: str) -> None:
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    for key, field in section.model_fields.items():
        if isinstance(field.default, BaseModel) or (prefix == "" and key == "modalities"):
            assert f"## [{key}" in page or f"[{key}]" in page, f"section {key}"
            continue
        default = "required" if field.is_required() else _as_toml(field.default)
        assert f"| `{prefix}{key}` | {default} |" in page, f"| `{prefix}{key}` | {default} |"


def _as_toml(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if isinstance(value, str | Path) else f"`{value!r}`"


@pytest.mark.parametrize("name", sorted(REGISTRIES))
def test_the_tables_name_everything_that_is_registered(name: str) -> None:
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    named = {word for row in rows for word in re.findall(r"`([^`]+)`", row)}
    assert set(REGISTRIES[name].names()) <= named


def test_the_table_of_noise_names_every_model() -> None:
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in page for name in maquette.data.noise.NOISES.names())


@pytest.mark.parametrize("name", maquette.methods.METHODS.names())
def test_every_method_has_a_page_that_names_it(name: str) -> None:
    assert any(f"`{name}`" in page.read_text(encoding="utf-8") for page in PAGES if page.parent.name == "methods")


def _load(path: str) -> Any:
    """The module in a file that belongs to no package."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
