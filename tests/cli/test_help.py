"""The help of the terminal: groups with whole summaries, examples that parse, and suggestions for what was mistyped."""

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sosie.cli.main import COMMANDS, GROUPS, main

SEPARATORS = re.compile(r" (?:&&|\||>) ")
FILES = ("plain.json", "trio.json")
"""The files that an example needs."""


def commands() -> list[tuple[str, click.Command]]:
    """Every command with its words, those of groups within the group too."""
    context = click.Context(main, **main.context_settings)
    everything: list[tuple[str, click.Command]] = []
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        everything.append((name, command))
        if isinstance(command, click.Group):
            everything += [(f"{name} {below}", inner) for below, inner in command.commands.items()]
    return everything


def examples(command: click.Command) -> list[str]:
    """The lines under "Example" or "Examples" in a command's help."""
    block = re.search(r"Examples?:\n((?: +.*\n?)+)", command.help or "")
    return [line.strip() for line in block[1].splitlines() if line.strip()] if block else []


EXAMPLES = [(name, line) for name, command in [("", main), *commands()] for line in examples(command)]


def test_the_help_has_every_command_in_a_group_with_its_whole_summary() -> None:
    text = CliRunner().invoke(main, ["--help"], terminal_width=80).output
    assert "..." not in text.split("Examples:")[1]
    assert re.findall(r"^(\w+):$", text, re.M) == ["Options", *GROUPS]
    flowing = " ".join(text.split())
    for name, command in commands():
        if name in COMMANDS:
            assert f"{name} {command.get_short_help_str(500)}" in flowing


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_has_a_sentence_and_an_example(name: str, command: click.Command) -> None:
    assert command.help
    assert command.help[0].isupper()
    assert command.help.split("\n\n")[0].rstrip().endswith(".")
    if " " not in name:
        assert any(f"sosie {name}" in line for line in examples(command))


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_every_example_parses(name: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOSIE_STORE", "shop.sosie")
    for file in FILES:
        Path(file).write_text("{}", encoding="utf-8")
    parts = [part for part in SEPARATORS.split(line) if part.startswith("sosie ")]
    assert parts, f"an example of {name!r} that does not call sosie"
    for part in parts:
        command: click.Command = main
        arguments = shlex.split(part)[1:]
        context = click.Context(main, info_name="sosie", **main.context_settings)
        while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
            inner = command.get_command(context, arguments.pop(0))
            assert inner is not None
            command = inner
        command.make_context(part, arguments, parent=context)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("serch a.jpg", "there is no command 'serch': did you mean search"),
        ("frobnicate", "there is no command 'frobnicate': `sosie --help` lists them"),
        ("search a.jpg --stroe s", "there is no option '--stroe': did you mean --store"),
        ("search a.jpg --xyzzyx", "there is no option '--xyzzyx': `sosie search --help` lists them"),
        ("--debg search", "there is no option '--debg': did you mean --debug?"),
        ("keys ad shop", "there is no command 'ad': did you mean add?"),
        ("index", "missing argument 'SOURCE'"),
        ("stats", "missing option '--store'"),
        ("search a.jpg --store s -k many", "invalid value for '-k': 'many' is not a valid integer"),
    ],
)
def test_wrong_usage_is_reported_in_lower_case_with_a_suggestion(
    arguments: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOSIE_STORE", raising=False)
    done = CliRunner().invoke(main, arguments.split(), prog_name="sosie")
    assert done.exit_code == 2
    last = done.output.splitlines()[-1]
    assert last.startswith(f"Error: {message}")
    assert not last.endswith(".")
