"""Every failure becomes one message and the exit code that is documented for it."""

import click
import pytest

from sosie.cli.failures import Interrupted, NothingDone, WrongUsage, reported
from sosie.errors import StoreNotFound, UnknownEmbedder, UsageError

UNEXPECTED = "unexpected ZeroDivisionError: division by zero; please report it with the output of `sosie --debug …`"
DISK = "cannot use the file 'a.csv': Permission denied; check the path, permissions and free space"


@pytest.mark.parametrize(
    ("error", "kind", "code", "message"),
    [
        (UsageError("k is wrong"), WrongUsage, 2, "k is wrong"),
        (UnknownEmbedder("no such network"), WrongUsage, 2, "no such network"),
        (StoreNotFound("no store"), NothingDone, 1, "no store"),
        (PermissionError(13, "Permission denied", "a.csv"), NothingDone, 1, DISK),
        (OSError("strange"), NothingDone, 1, "cannot use the file: strange; check the path, permissions and free"),
        (ZeroDivisionError("division by zero"), NothingDone, 1, UNEXPECTED),
        (KeyboardInterrupt(), Interrupted, 130, "interrupted; completed changes stay, and nothing is half written"),
    ],
)
def test_an_error_has_a_message_and_an_exit_code(
    error: BaseException, kind: type[click.ClickException], code: int, message: str
) -> None:
    with pytest.raises(kind) as raised, reported(debug=False):
        raise error
    assert raised.value.exit_code == code
    assert raised.value.message.startswith(message)
    assert raised.value.__cause__ is error


def test_text_that_is_no_utf_8_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match="is not valid UTF-8"), reported(debug=False):
        "\udcff".encode()


@pytest.mark.parametrize("error", [BrokenPipeError(), click.Abort(), click.ClickException("own")])
def test_errors_that_click_handles_are_passed_on(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, reported(debug=False):
        raise error
    assert raised.value is error


def test_with_debug_an_error_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), reported(debug=True):
        _ = 1 / 0
