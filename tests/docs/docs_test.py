#!/usr/bin/env python3
"""The pages as a test: widths, links, names of files and metrics, commands, examples, generated parts.

Each check takes a page (or a source) and returns what is wrong with it. `ChecksTest` shows that each of them finds
what it should find; `PagesTest` holds every page against all of them.
"""

import functools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = os.environ.get("REMORA_TOOL", str(ROOT / "build" / "release" / "remora"))
COLUMNS_MAX = 100
# Where a name in a page or a comment may begin, beside its own folder.
NAME_ROOTS = [ROOT, ROOT / "native", ROOT / "include", ROOT / "include" / "remora", ROOT / "tests", ROOT / "scripts"]
# Names that are not of this tree.
FOREIGN_NAMES = {"report.md", "jni.h", "kafka-server-start.sh", "kafka-run-class.sh"}
SOURCE_NAME = re.compile(r"(?<![\w./*-])((?:[\w-]+/)*[A-Za-z0-9][\w-]*\.(?:h|cpp|py|java|cmake|md|txt|sh))(?!\.?[\w*-])")
TELL_THEIR_OPTIONS = {"scripts/bench", "scripts/lab", "scripts/performance-test.sh"}
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.M | re.S)
INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")


@functools.lru_cache(maxsize=None)
def tree():
    """Every file of the tree that no build made."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - {".git", ".cache", "build", "__pycache__"})
        found += [pathlib.Path(folder) / name for name in sorted(names)]
    return found


def pages():
    return [path for path in tree() if path.suffix == ".md"]


def prose(text):
    """The page with its blocks of code left empty, line by line."""
    return FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)


def blocks(text, language):
    """The blocks of code of that language."""
    return [block[3] for block in FENCE.finditer(text) if block[2] == language]


def inline(text):
    """What stands in backquotes outside of blocks; a line break in it is a blank."""
    return [re.sub(r"\s+", " ", code) for code in INLINE.findall(prose(text))]


# --- widths


def check_widths(text):
    problems = []
    for number, line in enumerate(prose(text).splitlines(), 1):
        is_code = line.startswith("    ") and not line.lstrip().startswith(("* ", "- ", "|"))
        if len(line) > COLUMNS_MAX and not line.lstrip().startswith("|") and not is_code:
            problems.append(f"line {number} has {len(line)} columns, at most {COLUMNS_MAX}")
    return problems


# --- links


def anchors(text):
    """The anchors that GitHub makes of the headings."""
    found = set()
    for heading in re.findall(r"^#+ +(.*?) *$", prose(text), re.M):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        found.add(re.sub(r"[^\w\- ]", "", heading).replace(" ", "-"))
    return found


def check_links(text, path):
    problems = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name
        if not file.exists():
            problems.append(f"link to {target}: no such file")
        elif anchor and anchor not in anchors(text if not name else file.read_text()):
            problems.append(f"link to {target}: no such heading")
    return problems


# --- names of files


@functools.lru_cache(maxsize=None)
def base_names():
    return {path.name for path in tree()} | FOREIGN_NAMES


def exists(name, folder):
    if "/" not in name:
        return name in base_names()
    return any((root / name).exists() for root in [folder, *NAME_ROOTS])


def check_names(text, folder):
    """Names of sources and pages in backquotes."""
    return [f"`{name}` does not exist" for code in inline(text) for name in SOURCE_NAME.findall(code)
            if not exists(name, folder)]


def comments(text, suffix):
    if suffix in {".h", ".cpp", ".java"}:
        found = re.findall(r"//([^\n]*)|/\*(.*?)\*/", text, re.S)
        return [line or block for line, block in found]
    return re.findall(r"(?:^|\s)#(?!!)(.*)$", text, re.M) + re.findall(r'"""(.*?)"""', text, re.S)


def check_comments(text, path):
    """The same in the comments of a source."""
    return [f"a comment names {name}, which does not exist" for comment in comments(text, path.suffix)
            for name in SOURCE_NAME.findall(re.sub(r"\w+://\S+", "", comment)) if not exists(name, path.parent)]


# --- names of the agent's metrics


@functools.lru_cache(maxsize=None)
def source_text():
    wanted = {".h", ".cpp", ".java", ".map", ".in"}
    return "\n".join(path.read_text() for path in tree()
                     if path.suffix in wanted and path.relative_to(ROOT).parts[0] in {"native", "include", "java-shim"})


def check_metrics(text):
    problems = []
    for name, star in re.findall(r"(?<![\w/.-])remora_([a-z_]+)(?!\.yml)\b(\*?)", text):
        wanted = rf'"{name}' if star else rf'"{name}"|\bremora_{name}\b'
        if name and not re.search(wanted, source_text()):
            problems.append(f"remora_{name}{star}: the code has no such name")
    return problems


# --- commands


@functools.lru_cache(maxsize=None)
def help_of(program, *words):
    """What a program says of itself; empty when it knows no such command."""
    command = [TOOL if program == "remora" else str(ROOT / program), *words, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return done.stdout + done.stderr if done.returncode == 0 else ""


def commands(text):
    """The simple commands of blocks of `sh`, and those of ours in backquotes, each as words."""
    lines = [line for block in blocks(text, "sh") for line in block.replace("\\\n", " ").splitlines()]
    lines += [code for code in inline(text) if re.match(r"(remora|scripts/\S+|tests/\S+|build/\S+) ", code)]
    for line in lines:
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            yield [line, "?"]
            continue
        command = []
        for word in [*words, ";"]:
            if word in {";", "|", "||", "&&", "&"}:
                yield command
                command = []
            elif command or not re.match(r"\w+=", word):
                command.append(word)


def check_command(words):
    program = re.sub(r"^(\./)?build/\w+/", "", words[0])
    if program != words[0] and (test := re.fullmatch(r"tests/test_(\w+)", program)):
        return "" if list(ROOT.glob(f"tests/unit/{test[1]}_*_test.cpp")) else f"{program} is no program of a build"
    options = [word.split("=")[0] for word in words[1:] if re.match(r"--\w", word)]
    # A word in capitals stands for any command.
    command = [word for word in words[1:2] if not word.startswith("-") and not word.isupper()]
    if program.startswith(("scripts/", "tests/")):
        if not (os.access(ROOT / program, os.X_OK) or (program.endswith(".py") and (ROOT / program).is_file())):
            return f"{program} is no program of the tree"
        # Others are not asked: a shell script does what it is for. They have the options that they know in their text.
        known = help_of(program, *command) if program in TELL_THEIR_OPTIONS else (ROOT / program).read_text()
    elif program == "remora":
        is_known = not command or re.search(rf"^  {command[0]} ", help_of("remora"), re.M)
        known = help_of("remora", *command) if is_known else ""
    else:
        return ""  # not ours
    if not known:
        return f"{shlex.join(words)}: {program} has no such command"
    missing = [option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", known)]
    return f"{shlex.join(words)}: no option {', '.join(missing)}" if missing else ""


def check_commands(text):
    return [problem for problem in (check_command(words) for words in commands(text) if words) if problem]


# --- examples


def judge_configuration(value):
    """What `remora check` says against it, a warning too."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(value, file)
        file.flush()
        done = subprocess.run([TOOL, "check", file.name, "--no-environment"], capture_output=True, text=True,
                              check=False)
        return "" if done.returncode == 0 and not done.stderr else done.stderr.replace(file.name, "it").strip()


def whole(value):
    """A configuration that has `value`: one already, an output or a rule."""
    if isinstance(value, dict) and ("type" in value or "format" in value):
        return {"outputs": [value]}
    return {"rules": [value]} if isinstance(value, dict) and "match" in value else value


def check_examples(text):
    """Blocks of `json` are configurations, lines of `ndjson` are JSON, and so is what looks like it in backquotes."""
    problems = []
    examples = [(block, json.loads) for block in blocks(text, "json")]
    examples += [(code, lambda part: whole(json.loads(part))) for code in inline(text) if code.startswith('{"')]
    examples += [(code, lambda part: json.loads("{" + part + "}")) for code in inline(text)
                 if re.match(r'"\w+": ', code)]
    for example, parsed in examples:
        try:
            value = parsed(example)
        except ValueError as fault:
            problems.append(f"no JSON: {fault}: {example}")
            continue
        is_part = example.startswith('"')  # of an output, a rule or the whole: nothing tells which
        if not is_part and (fault := judge_configuration(value)):
            problems.append(f"remora check: {fault}: {example}")
    for line in "\n".join(blocks(text, "ndjson")).splitlines():
        try:
            json.loads(line)
        except ValueError as fault:
            problems.append(f"no JSON: {fault}: {line}")
    return problems


class PagesTest(unittest.TestCase):
    """What the tree has."""

    def hold(self, paths, check):
        paths = list(paths)
        self.assertTrue(paths)
        problems = [f"{path.relative_to(ROOT)}: {problem}" for path in paths
                    for problem in check(path.read_text(), path)]
        self.assertEqual([], problems, "\n" + "\n".join(problems))

    def test_lines_fit_into_a_window(self):
        self.hold(pages(), lambda text, path: check_widths(text))

    def test_links_lead_somewhere(self):
        self.hold(pages(), check_links)

    def test_files_that_pages_name_exist(self):
        self.hold(pages(), lambda text, path: check_names(text, path.parent))

    def test_files_that_comments_name_exist(self):
        suffixes = {".h", ".cpp", ".java", ".py", ".cmake", ".sh"}
        self.hold((path for path in tree() if path.suffix in suffixes and path != pathlib.Path(__file__).resolve()),
                  check_comments)

    def test_metrics_of_the_agent_exist(self):
        self.hold(pages(), lambda text, path: check_metrics(text))

    def test_commands_exist_with_their_options(self):
        self.hold(pages(), lambda text, path: check_commands(text))

    def test_examples_are_valid(self):
        self.hold(pages(), lambda text, path: check_examples(text))

    def test_generated_parts_are_what_the_code_says(self):
        done = subprocess.run([sys.executable, ROOT / "scripts" / "gen_docs.py", "--tool", TOOL, "--check"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_the_drop_in_of_the_packages_is_the_one_of_the_page(self):
        packed = re.sub(r"(?m)^#.*\n", "", (ROOT / "packaging" / "remora.conf").read_text())
        self.assertIn(packed, blocks((ROOT / "docs" / "operate" / "systemd.md").read_text(), "ini"))


class ChecksTest(unittest.TestCase):
    """Each check finds what is wrong, and nothing in what is right."""

    def test_widths(self):
        wide = "x " * 51
        self.assertEqual(1, len(check_widths(f"short\n\n{wide}\n")))
        self.assertEqual(1, len(check_widths(f"* item\n    * {wide}\n")))
        self.assertEqual([], check_widths(f"| {wide} |\n```\n{wide}\n```\n    {wide}\n"))

    def test_links(self):
        here = ROOT / "docs" / "page.md"
        page = ("# One thing: `two`\n[a](#one-thing-two) [b](../README.md) [c](../README.md#configure-it) "
                "[d](https://x.y/z)")
        self.assertEqual([], check_links(page, here))
        self.assertEqual([], check_links("```\n[a](gone.md)\n```", here))
        self.assertEqual(1, len(check_links("[a](gone.md)", here)))
        self.assertEqual(1, len(check_links("# Two\n[a](#one)", here)))
        self.assertEqual(1, len(check_links("[a](../README.md#gone)", here)))

    def test_names_in_pages(self):
        self.assertEqual([], check_names("`tests/docs/docs_test.py` `docs_test.py` `*.md` `jni.h` `_test.cpp`", ROOT))
        self.assertEqual(1, len(check_names("see `native/gone.cpp`", ROOT)))
        self.assertEqual(1, len(check_names("see `gone.h`", ROOT)))
        self.assertEqual(1, len(check_names("the right name in the wrong folder: `java-shim/docs_test.py`", ROOT)))

    def test_names_in_comments(self):
        cpp, python = ROOT / "native" / "a.cpp", ROOT / "scripts" / "a.py"
        self.assertEqual([], check_comments('// see docs_test.py\nint x;  // https://x.y/gone.md\nf("gone.h");', cpp))
        self.assertEqual(1, len(check_comments("// see gone.h", cpp)))
        self.assertEqual(1, len(check_comments("/* see\n * gone.h */", cpp)))
        self.assertEqual(1, len(check_comments("x = 1  # see gone.md", python)))
        self.assertEqual(1, len(check_comments('"""See gone.md."""', python)))

    def test_metrics(self):
        self.assertEqual([], check_metrics("`remora_units_read_total` `remora_accuracy_*` `remora_*`"))
        self.assertEqual(1, len(check_metrics("`remora_gone_total`")))
        self.assertEqual(1, len(check_metrics("`remora_gone_*`")))

    def test_commands(self):
        good = "```sh\nA=b remora check x.json --print | grep x\nscripts/bench read --topics \\\n  5\n```\n"
        good += "```sh\nother --gone\n```\n`scripts/test.sh --quick` `remora --help` "
        good += "`build/asan/tests/test_config --gtest_filter=*`"
        self.assertEqual([], check_commands(good))
        for bad in ("remora gone x", "remora check --gone", "scripts/gone.sh", "scripts/bench gone",
                    "scripts/lab up --gone", "scripts/test.sh --gone", "build/release/tests/test_gone",
                    "cat x | remora stat --gone"):
            self.assertEqual(1, len(check_commands(f"```sh\n{bad}\n```\n")), bad)
        self.assertEqual(1, len(check_commands("`scripts/bench read --gone`")))

    def test_examples(self):
        good = '```json\n{"topics": {"mode": "none"}}\n```\n```ndjson\n{"a": 1}\n```\n'
        good += '`{"type": "udp"}` `"emit": "changed"` `{"match": "a:*", "class": "alert"}`'
        self.assertEqual([], check_examples(good))
        for bad in ('```json\n{"topics": {"mode": "gone"}}\n```\n', '```json\n{"topics": }\n```\n',
                    '```json\n{"topics": {"list": ["a"]}}\n```\n', '```ndjson\n{"a"}\n```\n',
                    '`{"type": "gone"}`', '`"emit": changed`'):
            self.assertEqual(1, len(check_examples(bad)), bad)

    def test_generated_parts(self):
        sys.path.insert(0, str(ROOT / "scripts"))
        import gen_docs
        for marker in ("by: remora stat --help", "from: include/remora/counters.h"):
            empty = f"before\n<!-- generated {marker} -->\n<!-- end -->\nafter\n"
            written = gen_docs.generated(empty, TOOL)
            self.assertGreater(len(written), len(empty) + 100)
            self.assertEqual(written, gen_docs.generated(written, TOOL))
            self.assertEqual(written, gen_docs.generated(written.replace("total", "totals"), TOOL))


if __name__ == "__main__":
    unittest.main(verbosity=2)
