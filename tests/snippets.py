"""The code of a guide as programs, and whether they print what the guide says.

The blocks of one language make one program. A comment that begins with `:` is the expected output:
`…` stands for any text within a line, or for any number of lines. A transcript (`console`) has
commands after `$ `, continued after `> `, and below them the output of a real run.
"""

from __future__ import annotations

import re
from pathlib import Path

GUIDES = Path(__file__).parents[1] / "docs" / "guides"
COMMENT = {"sh": "#", "python": "#", "ts": "//"}
MARK = "== block"
TELL = {"sh": "echo '{0}'", "python": "print('{0}', flush=True)", "ts": "console.log('{0}');"}


def blocks(guide: str, language: str) -> list[str]:
    """The code blocks of a guide in a language."""
    text = (GUIDES / guide).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, f"{guide} has no {language}"
    return found


def program(language: str, parts: list[str]) -> str:
    """The blocks one after the other, with a mark before each block's output."""
    return "".join(f"{TELL[language].format(MARK)}\n{part}\n" for part in parts)


def check(language: str, parts: list[str], printed: str) -> None:
    """Check that each block printed what its comments say, and no more."""
    told = printed.split(f"{MARK}\n")[1:]
    for part, said in zip(parts, told, strict=True):
        lines = re.findall(rf"^{COMMENT[language]}: (.*)$", part, re.MULTILINE)
        pattern = "".join(map(_pattern, lines))
        assert re.fullmatch(pattern, said), f"{part}\nprinted\n{said}"


def transcript(guide: str) -> list[tuple[str, str]]:
    """Each command of a guide's transcript, and what it printed."""
    text = "".join(blocks(guide, "console"))
    found = re.findall(r"^\$ (.*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
    return [(re.sub(r"^> ", "", command, flags=re.MULTILINE), said) for command, said in found]


def retold(said: str) -> str:
    """A pattern for the output of the same command in another run."""
    pattern = re.escape(said)
    for varies in VARYING:
        pattern = re.sub(varies, lambda found: VARYING[found.re.pattern], pattern)
    return pattern


VARYING = {
    r"[0-9a-f]{8}\\-…": r"[0-9a-f-]{36}",
    r"(?<=mgh_|msg_)\w+…": r"[\w-]+",
    r"(?<=whsec_)\w+…": r"[\w+/=-]+",
    r"…": r"\w+",
    r"\d{4}\\-\d\d\\-\d\dT[\d:]+\\\.\d+Z": r"[\d:.TZ-]+",
    r'(?<=milliseconds":)\d+': r"\d+",
    r'(?<="id":\\ )\d+': r"\d+",
}


def _pattern(line: str) -> str:
    if line == "…":
        return r"(?:.*\n)*?"
    return re.escape(line).replace("…", ".+?") + "\n"
