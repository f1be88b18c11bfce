"""Sizes of files and classes of the agent, C++ and Java, against the largest that a reader can hold in the head.

Tests are lists of cases, each read by itself: they are not measured.
The parser of declarations knows braces, brackets and semicolons, and no more of C++ or Java.
"""

import re

FILE_LINES_MAX = 500
FIELDS_MAX = 20  # without constants (static constexpr, static final)
METHODS_MAX = 25  # without constructors, destructors and what is deleted

SKIPPED = re.compile(r"(using|friend|static_assert|typedef|return|import|package)\b")
TYPE = re.compile(r"\b(class|struct|union|interface|enum)\b(?:\s+class)?(?:\s+(\w+))?")
CONSTANT = re.compile(r"\bstatic\b.*\b(constexpr|const|final)\b")


def stripped(text):
    """Without comments, preprocessor lines, and what is between quotes."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"|(?<!\d)\'(?:\\.|[^\'\\\n])+\'', '""', text)
    return re.sub(r"^\s*#.*(?:\\\n.*)*", "", text, flags=re.M)


def without_brackets(text):
    """Without template arguments and annotations."""
    text = re.sub(r"@\w+(\([^()]*\))?", "", text)
    text = re.sub(r"operator\s*(\(\)|[^\s(]+)", "operator_", text)
    before = None
    while before != text:
        before, text = text, re.sub(r"<[^<>]*>", "", text)
    return re.sub(r"\[\[\w+\]\]", "", text)


def closing(text, at):
    """Position behind the brace that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return i + 1
    return len(text)


class Sizes:
    def __init__(self, name):
        self.name, self.fields, self.methods = name, 0, 0

    def add(self, statement):
        """A declaration, without its body."""
        statement = re.sub(r"^\s*((public|private|protected)\s*:\s*)+", "", statement).strip()
        if not statement or SKIPPED.match(statement):
            return
        declared = without_brackets(statement)
        head = declared.split("=")[0]
        if "(" in head:
            called = re.search(r"(~?\w+)\s*\(", head)
            is_constructor = called and called[1].lstrip("~") == self.name
            if not is_constructor and not re.search(r"=\s*delete\b", declared):
                self.methods += 1
        elif not CONSTANT.search(head) and not re.fullmatch(r"(class|struct|enum)[\w\s:]*", head):
            names = re.sub(r"=[^,]*", "", re.sub(r"\{[^}]*\}|\([^)]*\)", "", declared))
            self.fields += 1 + names.count(",")


def members(text, name, found):
    """Adds the sizes of the class whose body is `text`, and of those inside it, to `found`."""
    sizes = Sizes(name)
    found.append(sizes)
    at = start = 0
    while at < len(text):
        if text[at] == ";":
            sizes.add(text[start:at])
            at = start = at + 1
        elif text[at] == "{":
            end = closing(text, at)
            head = re.sub(r"^\s*((public|private|protected)\s*:\s*)+", "", text[start:at])
            bare = without_brackets(head)
            kind = TYPE.search(bare)
            if re.match(r"\s*(inline\s+)?namespace\b|\s*extern\b", bare) and "(" not in bare:
                members(text[at + 1:end - 1], "", found)
                at = start = end
            elif kind and "(" not in bare and "=" not in bare:
                if kind[1] != "enum":
                    members(text[at + 1:end - 1], kind[2] or "", found)
                at = start = end
            elif "(" in bare.split("=")[0] and head.count("(") == head.count(")"):  # a function
                sizes.add(head)
                at = start = end
            else:  # an initializer
                at = end
        else:
            at += 1


def sizes_of(text):
    """Of every class of a file, as Sizes."""
    found = []
    members(stripped(text), "", found)
    return [sizes for sizes in found if sizes.name and (sizes.fields or sizes.methods)]


def read_reasons(path):
    """Lines "name: number what: reason" as {(name, what): number}."""
    reasons = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(": ")
            size, _, reason = rest.partition(": ")
            number, _, what = size.partition(" ")
            assert reason, f"{path}: no reason: {line}"
            reasons[name, what] = int(number)
    return reasons


def check(paths, reasons_path, problems):
    reasons = read_reasons(reasons_path)
    met = set()

    def hold(name, what, size, most):
        if size > most:
            met.add((name, what))
            allowed = reasons.get((name, what), most)
            if size > allowed:
                problems.append(f"{name}: {size} {what}, at most {allowed}: split it, "
                                f"or give a reason in {reasons_path.name}")

    for path in paths:
        name = path.name
        text = path.read_text()
        hold(name, "lines", len(text.splitlines()), FILE_LINES_MAX)
        for sizes in sizes_of(text):
            hold(f"{name} {sizes.name}", "fields", sizes.fields, FIELDS_MAX)
            hold(f"{name} {sizes.name}", "methods", sizes.methods, METHODS_MAX)
    for name, what in reasons.keys() - met:
        problems.append(f"{reasons_path.name}: {name} needs no reason for its {what} any more")
