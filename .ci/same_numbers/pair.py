"""Two binaries that run side by side, each in a folder of its own, and what they say and leave compared."""

import concurrent.futures
import fnmatch
import json
import os
import re
import shutil
import subprocess

import pyarrow.parquet as pq

import files

# A run's name holds the time, and its files begin with it.
RUN_ID = re.compile(r"\d{8}T\d{12}Z-[a-z0-9_]+-[0-9a-f]{8}")

# Fields and words that hold the time, with what stands for them in a comparison.
CHANGING = [
    (re.compile(r'"created_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"'), '"created_at":"…"'),
    (re.compile(r'"wall_secs":\d+\.\d+(e-\d+)?'), '"wall_secs":…'),
    (re.compile(r'"last_used":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"'), '"last_used":"…"'),
    (re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  ", re.M), "LAST-USED  "),
    # `… in 0.3 s (123/s)`, `search 0.01 s`.
    (re.compile(r"\d+\.\d+ s\b"), "T s"),
    (re.compile(r"\(\d+/s\)"), "(N/s)"),
    # Temporary folders hold the process's number.
    (re.compile(r"-\d+-\d+\.sop-partial"), "-N.sop-partial"),
    # A line of progress comes every half minute.
    (re.compile(r"^.*: \d+/\d+ \(\d+%\), .* left\n", re.M), ""),
]
# Columns of result rows and outcomes that are of one run.
OF_ONE_RUN = ["run_id", "created_at", "wall_secs"]
# What ONNX Runtime itself leaves in the user's cache folder and in that of temporary files.
OF_ONNXRUNTIME = ["Microsoft", ".ses"]
# Parts of one check that are named one by one.
NAMED = 20
# A command that takes longer hangs.
TIMEOUT = 900


class Report:
    """One line a check, and how many there are of each kind."""

    def __init__(self, on_purpose):
        self.on_purpose, self.counts, self.used = on_purpose, {"same": 0, "on purpose": 0, "DIFFERS": 0}, set()

    def line(self, kind, name, what=""):
        self.counts[kind] += 1
        what = " / ".join(what.split("\n"))
        print(f"{kind:7} {name}{': ' + what if what else ''}", flush=True)

    def check(self, name, differences, about=""):
        """`differences` are pairs of a part's name, which may be empty, and what differs."""
        if not differences:
            self.line("same", name, about)
        for part, what in differences[:NAMED]:
            whole = f"{name}/{part}" if part else name
            pattern = next((pattern for pattern in self.on_purpose if fnmatch.fnmatchcase(whole, pattern)), None)
            if pattern is not None:
                self.used.add(pattern)
                self.line("on purpose", whole, f"{self.on_purpose[pattern]} ({what})")
            else:
                self.line("DIFFERS", whole, what)
        if len(differences) > NAMED:
            self.line("DIFFERS", name, f"{len(differences) - NAMED} more parts")

    def holds(self, name, truth, what):
        """A condition that is no comparison: without it a check would prove nothing."""
        self.check(name, [] if truth else [("", what)])


class Outcome:
    """How a run ended, what it said and which files it left."""

    def __init__(self, side, code, stdout, stderr, before):
        self.side, self.code, self.stdout, self.stderr = side, code, stdout, stderr
        after = side.snapshot()
        self.changed = {name for name in after if after[name] != before.get(name)}
        self.removed = set(before) - set(after)
        names = set(RUN_ID.findall(" ".join([*after, stdout, stderr])))
        # The time comes first: in this order they were made.
        self.names = {name: f"RUN-{place}-{name.split('-')[1]}" for place, name in enumerate(sorted(names))}

    def named(self, text):
        """The text with neither the side's folder nor run ids."""
        text = text.replace(str(self.side.folder.parent), "SIDE")
        return RUN_ID.sub(lambda found: self.names.get(found[0], found[0]), text)

    def said(self, text, exact=False):
        """What is compared of an output; exactly where both read the same results, so that even times are the same."""
        if exact:
            return text.replace(str(self.side.folder.parent), "SIDE")
        text = self.named(text)
        for pattern, by in CHANGING:
            text = pattern.sub(by, text)
        return text

    def files(self):
        return {self.named(name): self.side.folder / name for name in self.changed}


class Side:
    """One of the two binaries, in a folder of its own."""

    onnxruntime = None  # the Python environment that has it

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.folder.mkdir(parents=True)
        for name in ["home", "tmp"]:
            self.beside(name).mkdir()

    def beside(self, name):
        return self.folder.with_name(name)

    def environment(self, engine, cache, env):
        """What does not depend on the caller's environment; the width of help is fixed."""
        found = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "COLUMNS": "100", "HOME": str(self.beside("home")),
                 "TMPDIR": str(self.beside("tmp")), "SOP_RUNTIME": engine, "SOP_CACHE": cache}
        if engine == "onnxruntime":
            found["VIRTUAL_ENV"] = str(self.onnxruntime)
        found.update(env or {})
        return {name: value for name, value in found.items() if value is not None}

    def command(self, words, before=None):
        # The shell sets limits and becomes the program.
        return ["sh", "-c", before + '; exec "$0" "$@"', self.binary, *words] if before else [self.binary, *words]

    def start(self, words, engine="tract", cache="off", env=None, before=None, **options):
        return subprocess.Popen(self.command(words, before), cwd=self.folder, env=self.environment(engine, cache, env),
                                stdin=subprocess.DEVNULL, **options)

    def run(self, words, **options):
        before = self.snapshot()
        process = self.start(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        try:
            stdout, stderr = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
        return Outcome(self, process.returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace"), before)

    def snapshot(self):
        """Every file and folder with what tells that it was changed, also in the home and the temporary folder; links are inputs."""
        found = {}
        for root in [self.folder, self.beside("home"), self.beside("tmp")]:
            for folder, folders, names in os.walk(root):
                folders[:] = [name for name in folders if name not in OF_ONNXRUNTIME]
                for name in folders + [name for name in names if name not in OF_ONNXRUNTIME]:
                    path = os.path.join(folder, name)
                    status = os.lstat(path)
                    is_folder = name in folders and not os.path.islink(path)
                    state = "folder" if is_folder else (status.st_mtime_ns, status.st_size, status.st_ino)
                    found[os.path.relpath(path, self.folder)] = state
        return found


def words_of(line):
    return line.split() if isinstance(line, str) else line


class Pair:
    """Both binaries in folders with the same content."""

    def __init__(self, name, binaries, scratch, report, exact=False):
        self.name, self.report, self.exact = name, report, exact
        # The last name is the same: data sets are named after their folders.
        self.old, self.new = (Side(binary, scratch / name / side / "in") for binary, side in zip(binaries, ["old", "new"]))

    def sides(self):
        return [self.old, self.new]

    def link(self, name, folder):
        """A folder that both read and neither writes."""
        for side in self.sides():
            (side.folder / name).symlink_to(folder)

    def write(self, name, content):
        """The same file on both sides."""
        self.edit(lambda folder: files.write(folder / name, content))

    def share(self, name, content):
        """One file for both sides: what is kept of a data set knows its files by number and time."""
        folder = self.old.folder.parent.with_name("shared")
        if not folder.exists():
            folder.mkdir()
            self.link("shared", folder)
        files.write(folder / name, content)

    def edit(self, change):
        """Calls a function with each side's folder."""
        for side in self.sides():
            change(side.folder)

    def prepare(self, line, **options):
        """The old binary makes something that both start from."""
        outcome = self.old.run(words_of(line), **options)
        if outcome.code != 0:
            raise SystemExit(f"cannot prepare `{line}`: {outcome.stderr}")
        self.synchronise(outcome.changed | outcome.removed)
        return outcome

    def synchronise(self, names):
        """Brings the new side to what the old one has, times included."""
        for name in sorted(names):
            there, here = self.old.folder / name, self.new.folder / name
            if there.is_dir():
                here.mkdir(parents=True, exist_ok=True)
            elif there.exists():
                here.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(there, here)
            elif here.is_dir():
                shutil.rmtree(here)
            elif here.exists():
                here.unlink()

    def check(self, name, line, code=0, synchronise=True, **options):
        """Runs a command on both sides and compares exit code, output and files.

        `code` is what the old one must end with, or `None` where that does not matter.
        """
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            old, new = both.map(lambda side: side.run(words_of(line), **options), self.sides())
        about = f"{len(old.changed)} files" if old.changed else ""
        self.report.check(f"{self.name}/{name}", differences(old, new, code, self.exact), about)
        if synchronise:
            self.synchronise(old.changed | old.removed | new.changed | new.removed)
        return old, new

    def refuses(self, name, line, **options):
        """As `check`, for a line that is an error."""
        return self.check(name, line, code=2, **options)


def differences(old, new, code, exact=False):
    """What differs between two outcomes: names of parts, and how."""
    found = []
    if code is not None and old.code != code:
        found.append(("", f"the old binary ends with {old.code} instead of {code}: {old.stderr.strip()[-300:]}"))
    if old.code != new.code:
        found.append(("exit code", f"{old.code} and {new.code}; the new one says {new.stderr.strip()[-300:]}"))
    for name in ["stdout", "stderr"]:
        one, other = (outcome.said(getattr(outcome, name), exact) for outcome in [old, new])
        if one != other:
            found.append((name, first_line(one, other)))
    one, other = old.files(), new.files()
    for name in sorted(set(one) | set(other)):
        if name not in one or name not in other:
            found.append((name, f"written by the {'old' if name in one else 'new'} one only"))
        elif (what := file_difference(name, one[name], other[name], old, new)):
            found.append((name, what))
    removed = old.removed ^ new.removed
    found += [(name, "removed by one only") for name in sorted(removed)]
    return found


def first_line(one, other):
    """The first line that differs, from a little before the place."""
    lines, others = one.splitlines(), other.splitlines()
    for place, pair in enumerate(zip(lines, others), 1):
        if pair[0] != pair[1]:
            at = max(len(os.path.commonprefix(pair)) - 30, 0)
            return f"line {place}, `{pair[0][at:at + 100]}` and `{pair[1][at:at + 100]}`"
    longer = lines if len(lines) > len(others) else others
    if len(lines) == len(others):
        return "ends of lines"
    extra = longer[min(len(lines), len(others))]
    return f"{len(lines)} and {len(others)} lines, the first further one is `{extra[:100]}`"


def file_difference(name, one, other, old, new):
    """What differs between two files; nothing where it is the run's name and time only."""
    if one.is_dir() or other.is_dir():
        return "" if one.is_dir() == other.is_dir() else "a folder on one side"
    first, second = one.read_bytes(), other.read_bytes()
    if first == second:
        return ""
    if name.endswith(".parquet"):
        return table_difference(one, other)
    if ".tfevents." in name:
        first, second = without_times(first), without_times(second)
    elif name.endswith("head.safetensors") or "/heads/" in name:
        first, second = with_sorted_texts(first), with_sorted_texts(second)
    else:
        try:
            first, second = (outcome.named(data.decode()) for outcome, data in [(old, first), (new, second)])
        except UnicodeDecodeError:
            return bytes_difference(first, second)
        return "" if first == second else first_line(first, second)
    return "" if first == second else bytes_difference(first, second)


def bytes_difference(first, second):
    place = next((at for at, pair in enumerate(zip(first, second)) if pair[0] != pair[1]), min(len(first), len(second)))
    return f"{len(first)} and {len(second)} bytes, different from byte {place}"


def table_difference(one, other):
    """What differs between two Parquet files of different bytes; nothing where they hold the same rows of two runs."""
    try:
        first, second = pq.read_table(one), pq.read_table(other)
        layouts = [layout(pq.read_metadata(path)) for path in [one, other]]
    except Exception as error:
        return f"cannot be read: {error}"
    if layouts[0] != layouts[1]:
        return f"stored as {layouts[0]} and {layouts[1]}"
    if first.schema != second.schema:
        return f"columns {first.schema.names} and {second.schema.names}, or their types"
    texts = [dict(table.schema.metadata or {}) for table in [first, second]]
    for key in sorted(set(texts[0]) | set(texts[1])):
        if texts[0].get(key) != texts[1].get(key):
            return f"metadata {key.decode()}: {texts[0].get(key)} and {texts[1].get(key)}"
    if first.num_rows != second.num_rows:
        return f"{first.num_rows} and {second.num_rows} rows"
    for column in first.schema.names:
        if column in OF_ONE_RUN:
            continue
        # As text: no number equals itself but for its bits, and what is no number equals itself.
        for row, pair in enumerate(zip(first[column].to_pylist(), second[column].to_pylist())):
            if repr(pair[0]) != repr(pair[1]):
                return f"row {row}, {column}: {repr(pair[0])[:80]} and {repr(pair[1])[:80]}"
    return "" if "run_id" in first.schema.names else "the same rows in other bytes"


def layout(metadata):
    """How a Parquet file is stored, beside its rows."""
    groups = range(metadata.num_row_groups)
    columns = [metadata.row_group(group).column(column) for group in groups for column in range(metadata.num_columns)]
    return metadata.created_by, metadata.num_row_groups, sorted({(column.compression, *column.encodings) for column in columns})


def without_times(data):
    """The events of a TensorBoard file without the wall time that each begins with."""
    found, place = [], 0
    while place + 12 <= len(data):
        length = int.from_bytes(data[place:place + 8], "little")
        event = data[place + 12:place + 12 + length]
        found.append(data[place:place + 8] + (event[9:] if event[:1] == b"\x09" else event))
        place += 16 + length
    return b"".join(found)


def with_sorted_texts(data):
    """A head with its metadata in order: it is written in another order in every run."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    return json.dumps(header).encode() + data[start:]
