"""`socialflow`: every command, its errors as one line, its exit codes.

Exit codes: 0 done; 1 a check failed (doctor, db check, a refused candidate); 2 bad input or a named failure, with one
line on standard error; 130 interrupted.

Start-up stays quick because commands import what they need when they run.
"""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from socialflow import __version__
from socialflow.doors.cli import (
    access,
    captions_eval,
    copies_eval,
    data,
    database,
    demo,
    detection_eval,
    doctor,
    evaluation,
    image,
    models,
    moderation,
    moderation_policies,
    moderation_verify,
    off_policy,
    serving,
    shots_eval,
    text,
    text_eval,
    video,
    work,
)
from socialflow.errors import SocialflowError


class OneLineErrors(TyperGroup):
    """A command group whose failures are one line on standard error and exit code 2."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run; exits with the command's code where `standalone_mode` is set, as it is for people."""
        try:
            result = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except SocialflowError as error:
            fail(error.message)
        except typer.Abort:
            fail("aborted", code=130)
        except typer.TyperException as error:
            fail(error.format_message())
        if standalone_mode:
            sys.exit(result if isinstance(result, int) else 0)
        return result


def fail(message: str, code: int = 2) -> None:
    """Say what went wrong in one line on standard error, and exit."""
    line = "; ".join(part.strip() for part in message.splitlines() if part.strip())
    typer.echo(f"error: {line}", err=True)
    sys.exit(code)


app = typer.Typer(
    cls=OneLineErrors,
    help="Social Flow AI: recommend, moderate, understand and foresee for a social-video platform.",
    epilog="Example: socialflow demo   (a simulated platform, trained and served at http://127.0.0.1:8000)",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Show the version, or the help where no command is given."""
    if version:
        typer.echo(f"socialflow {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


serving.register(app)
work.register(app)
demo.register(app)
app.add_typer(data.import_app, name="import")
data.register(app)
models.register(app)
app.add_typer(models.models_app, name="models")
moderation_policies.register(moderation.moderation_app)
moderation_verify.register(moderation.moderation_app)
app.add_typer(moderation.moderation_app, name="moderation")
off_policy.register(evaluation.eval_app)
text_eval.register(evaluation.eval_app)
copies_eval.register(evaluation.eval_app)
shots_eval.register(evaluation.eval_app)
captions_eval.register(evaluation.eval_app)
detection_eval.register(evaluation.eval_app)
app.add_typer(evaluation.eval_app, name="eval")
video.register(text.analyze_app)
image.register(text.analyze_app)
app.add_typer(text.analyze_app, name="analyze")
app.add_typer(access.token_app, name="token")
app.add_typer(access.key_app, name="key")
app.add_typer(database.db_app, name="db")
doctor.register(app)


THREADS = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
"""Numeric libraries' threads spin while they wait: beside a busy neighbour that costs several times what it gains."""


def main() -> None:
    """Entry point of the `socialflow` command."""
    for name, value in THREADS.items():  # before the first numeric import; who sets them otherwise keeps that
        os.environ.setdefault(name, value)
    app(prog_name="socialflow")
