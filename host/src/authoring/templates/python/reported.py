"""Turns what goes wrong unexpectedly into an error that says where: otherwise it would be a crash without words."""

import functools
import traceback

from componentize_py_types import Err
from wit_world.imports.types import Error


def reported(call):
    @functools.wraps(call)
    def run(*args):
        try:
            return call(*args)
        except Err:
            raise
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            message = f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"
            raise Err(Error("unexpected", message, None)) from error

    return run
