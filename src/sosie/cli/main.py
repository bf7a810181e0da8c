"""The ``sosie`` command. Each sub-command is imported only when it runs, so that commands start fast."""

from __future__ import annotations

import os
import warnings
from importlib import import_module

import click

from sosie.cli.encoding import write_utf8
from sosie.cli.failures import reported
from sosie.cli.usage import missing_name, usage_explained

LONGEST_SUMMARY = 200

LET_BLAS_SLEEP = "OPENBLAS_THREAD_TIMEOUT", "4"
"""Set before NumPy is imported: lets the idle threads of OpenBLAS sleep at once. Otherwise they spin for 30 ms.

They would do so after the import of NumPy and after each product of matrices. They spin for 2 to this power clock
cycles; 4 is the smallest number that OpenBLAS takes.
"""

GROUPS = {
    "Start": {
        "demo": ("sosie.cli.demo", "demo_command"),
        "index": ("sosie.cli.index", "index_command"),
        "fetch": ("sosie.cli.fetch", "fetch_command"),
        "embedders": ("sosie.cli.embedders", "embedders"),
    },
    "Search": {
        "search": ("sosie.cli.search", "search_command"),
        "similar": ("sosie.cli.search", "similar_command"),
        "identify": ("sosie.cli.identify", "identify_command"),
        "duplicates": ("sosie.cli.duplicates", "duplicates_command"),
    },
    "Learn": {
        "evaluate": ("sosie.cli.evaluate", "evaluate_command"),
        "compare": ("sosie.cli.evaluate", "compare_command"),
        "adapt": ("sosie.cli.learn", "adapt_command"),
        "calibrate": ("sosie.cli.learn", "calibrate_command"),
        "confirm": ("sosie.cli.feedback", "confirm_command"),
        "reject": ("sosie.cli.feedback", "reject_command"),
    },
    "Serve": {
        "serve": ("sosie.cli.serve", "serve_command"),
        "keys": ("sosie.cli.keys", "keys"),
    },
    "Keep": {
        "stats": ("sosie.cli.upkeep", "stats_command"),
        "items": ("sosie.cli.items", "items_command"),
        "export": ("sosie.cli.items", "export_command"),
        "delete": ("sosie.cli.upkeep", "delete_command"),
        "migrate": ("sosie.cli.migrate", "migrate_command"),
        "retype": ("sosie.cli.retype", "retype_command"),
        "check": ("sosie.cli.upkeep", "check_command"),
        "optimize": ("sosie.cli.upkeep", "optimize_command"),
        "copy": ("sosie.cli.copying", "copy_command"),
        "backup": ("sosie.cli.backup", "backup_command"),
        "restore": ("sosie.cli.backup", "restore_command"),
    },
}
"""Module and attribute of every command, in the groups and the order of `sosie --help`."""

COMMANDS = {name: place for group in GROUPS.values() for name, place in group.items()}


class LazyGroup(click.Group):
    """A group that has its commands by name, and imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with this name; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the groups, with the whole first sentence of every command's help."""
        width = max(map(len, COMMANDS))
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), self._summary(ctx, name)) for name in group])

    def _summary(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=LONGEST_SUMMARY) if command else ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Reads the options before the command."""
        with usage_explained():
            return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names. For an unknown command, wrong usage with a suggestion."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(missing_name("command", args[0], sorted(COMMANDS), "`sosie --help` lists them"))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command. Every failure gives one clear message and a documented exit code."""
        os.environ.setdefault(*LET_BLAS_SLEEP)
        warnings.filterwarnings("ignore", module="PIL")
        write_utf8()
        with reported(debug=ctx.params["debug"]), usage_explained():
            return super().invoke(ctx)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="sosie")
def main(debug: bool) -> None:
    """Product-image search: which product is this, and what looks like it?

    \b
    Examples:
      sosie demo
      sosie index pictures/ --store shop.sosie
      sosie search photo.jpg --store shop.sosie
      sosie search photo.jpg --store shop.sosie --where brand=Acme --where 'price<20' --json

    \b
    Exit codes: 0 done, 1 nothing could be done, 2 wrong usage,
                3 done with rejections (with --strict) or with removals held back (--sync), 130 interrupted.
    """
