#!/usr/bin/env python3
"""Rules of the tree as a test: includes between rooms, banned calls, sizes, format, names of tests, commits."""

import pathlib
import re
import shutil
import subprocess
import sys

import class_sizes

ROOT = pathlib.Path(__file__).resolve().parents[2]
NATIVE = ROOT / "native"
LINE_MAX = {".java": 120}  # else 100
FUNCTION_LINES_MAX = 70
SUBJECT_COLUMNS_MAX = 72
# The last commit before subjects were checked.
SUBJECTS_BASE = "5934b490d198"

BANNED_NATIVE = {
    r"\babort\s*\(": "aborts the broker",
    r"\b_?exit\s*\(": "ends the broker",
    r"\bterminate\s*\(": "ends the broker",
    r"std::cout": "stdout belongs to the broker",
    r"(?<![a-z_])printf\s*\(": "stdout belongs to the broker",
    r"(?<![\w:])throw\b": "errors are values: return Status",
    r"\b(AttachCurrentThread|NewGlobalRef|Call\w*Method)\b": "native code never calls up into Java",
    r"\bsystem\s*\(|\bfork\s*\(": "no child processes in a broker",
    r"#include <(regex|regex\.h|format|execinfo\.h|setjmp\.h)>": "not usable here (see docs/internals/architecture.md)",
    r"\bstd::j?thread\b": "threads start in base/runner.cpp only",
    r"\bistringstream\b|\bistream_iterator\b": "crashes on musl: base/words.h splits words",
}
# The command line tool is its own process: it may print and exit.
MAY_PRINT = {"cli"}
# Not in the library, or with what yaml-cpp needs.
MAY_STREAM = {"cli", "doctor", "yaml.cpp"}
BANNED_JAVA = {
    r"System\.exit": "ends the broker",
    r"Runtime\.getRuntime\(\)\.halt": "ends the broker",
    r"System\.out": "stdout belongs to the broker",
    r"com\.sun\.jmx": "JDK internals",
}
# Three lines that a test may not carry, spelled apart so that this file passes itself.
UNFINISHED = re.compile("FIX" + "ME|X" + "XX|TO" + "DO")


def sources(folder, *suffixes):
    return sorted(p for p in folder.rglob("*") if p.suffix in suffixes and p.is_file())


def code_only(line):
    """The line without strings and line comments: enough for the word checks here."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    return line.split("//")[0]


def read_rooms():
    rooms = {}
    for line in (NATIVE / "rooms.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            room, _, uses = line.partition(":")
            rooms[room.strip()] = set(uses.split())
    return rooms


def check_includes(problems):
    rooms = read_rooms()
    used = {room: set() for room in rooms}
    for path in sources(NATIVE, ".h", ".cpp"):
        room = path.relative_to(NATIVE).parts[0]
        if room not in rooms:
            problems.append(f"{path}: room '{room}' is not in native/rooms.txt")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'#include "([^"/]+)/', line)
            if found:
                used[room].add(found[1])
            if found and found[1] != room and found[1] not in rooms[room]:
                problems.append(f"{path}:{number}: room '{room}' may not include '{found[1]}'")
            if "jni.h" in line and line.startswith("#include") and room != "bridge":
                problems.append(f"{path}:{number}: jni.h is for the room 'bridge' only")
    for room, permits in rooms.items():
        for permit in sorted(permits - used[room]):
            problems.append(f"native/rooms.txt: room '{room}' includes nothing of '{permit}'")
        folder = NATIVE / room
        if folder.is_dir() and any(folder.iterdir()) and not (folder / "README.md").is_file():
            problems.append(f"{folder}: a room has a README.md")


def check_banned(problems):
    for path in sources(NATIVE, ".h", ".cpp"):
        room = path.relative_to(NATIVE).parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = code_only(line)
            for pattern, why in BANNED_NATIVE.items():
                if room in MAY_PRINT and ("stdout" in why or "ends" in why):
                    continue
                if "istringstream" in pattern and {room, path.name} & MAY_STREAM:
                    continue
                if "std::j?thread" in pattern and path.name.startswith("runner."):
                    continue
                # A broken invariant, which every thread root and function of the ABI contains.
                if "throw" in pattern and path == NATIVE / "base" / "assert.cpp":
                    continue
                if re.search(pattern, line if "include" in pattern else code):
                    problems.append(f"{path}:{number}: {line.strip()}: {why}")
        text = "\n".join(map(code_only, path.read_text().splitlines()))
        if room != "base" and "REMORA_ASSERT" in text and re.search(r"\bnoexcept\b", text):
            problems.append(f"{path}: asserts, and what a broken invariant throws cannot leave a noexcept function")
    for path in sources(ROOT / "java-shim", ".java"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for pattern, why in BANNED_JAVA.items():
                if re.search(pattern, code_only(line)):
                    problems.append(f"{path}:{number}: {line.strip()}: {why}")


def check_sizes(problems):
    for path in sources(NATIVE, ".h", ".cpp") + sources(ROOT / "java-shim", ".java"):
        lines = path.read_text().splitlines()
        opened = None
        for number, line in enumerate(lines, 1):
            columns_max = LINE_MAX.get(path.suffix, 100)
            if len(line) > columns_max and "://" not in line:
                problems.append(f"{path}:{number}: {len(line)} columns, at most {columns_max}")
            if not line.isascii():
                problems.append(f"{path}:{number}: not ASCII")
            if line != line.rstrip():
                problems.append(f"{path}:{number}: blanks at the end of the line")
            if UNFINISHED.search(line):
                problems.append(f"{path}:{number}: unfinished: {line.strip()}")
            # A function body of a .cpp opens in column 0 with ") {" and closes with "}".
            if path.suffix == ".cpp" and re.match(r"\S.*\)( const| noexcept| override| try)* \{$", line):
                opened = number
            if line == "}" and opened:
                if number - opened > FUNCTION_LINES_MAX:
                    problems.append(f"{path}:{opened}: function of {number - opened} lines")
                opened = None


def check_class_sizes(problems):
    paths = sources(NATIVE, ".h", ".cpp") + sources(ROOT / "java-shim", ".java")
    class_sizes.check(paths, ROOT / "tests" / "tidy" / "class_sizes_reasons.txt", problems)


def check_format(problems):
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if tool is None:
        problems.append("clang-format is missing: scripts/setup installs it")
        return
    files = [str(p) for p in sources(NATIVE, ".h", ".cpp") + sources(ROOT / "tests", ".h", ".cpp")]
    done = subprocess.run([tool, "--dry-run", "-Werror", *files], capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        problems += [line for line in done.stderr.splitlines() if "error:" in line][:40]


def check_unit_tests(problems):
    """tests/unit/<room>_<header>[_<what>]_test.cpp says which header or source of which room it tests."""
    for path in sources(ROOT / "tests" / "unit", ".cpp"):
        room, _, rest = path.name.removesuffix("_test.cpp").partition("_")
        stems = {p.stem for p in sources(NATIVE / room, ".h", ".cpp")}
        if not path.name.endswith("_test.cpp") or not any((rest + "_").startswith(stem + "_") for stem in stems):
            problems.append(f"{path}: not <room>_<header>[_<what>]_test.cpp with a header or source of native/")


def check_subjects(problems):
    """Subjects of the commits since SUBJECTS_BASE. Skips where that commit is not at hand: an archive, a shallow clone."""
    log = ["git", "-C", str(ROOT), "log", "--format=%h %s", f"{SUBJECTS_BASE}..HEAD"]
    try:
        done = subprocess.run(log, capture_output=True, text=True)
    except FileNotFoundError:
        done = None
    if done is None or done.returncode != 0:
        print(f"tidy: commit subjects are not checked: commit {SUBJECTS_BASE} is not at hand")
        return
    for line in done.stdout.splitlines():
        commit, _, subject = line.partition(" ")
        if len(subject) > SUBJECT_COLUMNS_MAX:
            problems.append(f"commit {commit}: a subject of {len(subject)} columns, at most {SUBJECT_COLUMNS_MAX}")


def check_line_rules_of_scripts(problems):
    for path in sources(ROOT / "scripts", ".py", ".sh"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"\b(pkill|killall)\b", line):
                problems.append(f"{path}:{number}: processes are ended by pid only")


def main():
    problems = []
    for check in (check_includes, check_banned, check_sizes, check_class_sizes, check_format, check_unit_tests,
                  check_subjects, check_line_rules_of_scripts):
        check(problems)
    for problem in problems:
        print(str(problem).replace(str(ROOT) + "/", ""))
    print(f"tidy: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
