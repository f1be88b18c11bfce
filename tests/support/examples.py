"""Files of examples/ as a test runs them: the very text, with places and ports of this machine in it."""
import pathlib

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def example(name, changes):
    """The text of examples/NAME. `changes`: {what stands there: what shall}; each must stand there."""
    text = (EXAMPLES / name).read_text()
    for old, new in changes.items():
        if old not in text:
            raise AssertionError(f"examples/{name} has no {old}")
        text = text.replace(old, str(new))
    return text
