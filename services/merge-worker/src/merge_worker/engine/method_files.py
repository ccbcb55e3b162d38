"""Methods from files of the user's own, known to this process for as long as they are needed.

The engine runs such a file. So only a user's command line or Python code may name it, and nothing
that comes over a network may lead here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from .errors import MethodError
from .files.reading import MIB, read_small
from .machine.tracebacks import in_one_line
from .methods import added, discover
from .numpy_methods import MethodFile, NumpyMethod


@contextmanager
def method_file(path: Path) -> Iterator[NumpyMethod]:
    """Make the method that a Python file declares as `METHOD` known within the block.

    Raises:
        MethodError: the file cannot be run, declares no method, or one whose name is taken.
        SourceError, CheckpointError: the file cannot be read.
    """
    source = read_small(path, MIB)
    digest = sha256(source).hexdigest()
    module = ModuleType(f"method_file_{digest}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        method = replace(_run(source, module), file=MethodFile(path.name, digest))
        if method.spec.name in discover():
            raise MethodError(
                f"{path}: there is already a method {method.spec.name!r}; give yours another name"
            )
        with added(method):
            yield method
    finally:
        sys.modules.pop(module.__name__, None)


def _run(source: bytes, module: ModuleType) -> NumpyMethod:
    """The method that a source declares."""
    file = str(module.__file__)
    try:
        code = compile(source, file, "exec", dont_inherit=True)
        exec(code, vars(module))  # noqa: S102 - the user's own file, which they named
    except (Exception, SystemExit) as error:
        raise MethodError(f"the method file cannot be used: {in_one_line(error, file)}") from error
    method = vars(module).get("METHOD")
    if not isinstance(method, NumpyMethod):
        raise MethodError(f"{file} declares no method: add METHOD = numpy_method(…) to it")
    return method
