"""Reads the paper's text once more and holds published.json, the layouts and the configs against it.

    python3 reports/paper/check.py [PATH/TO/sop-icml2025.md]

Without a path the text is $SOP_SHARED/paper/sop-icml2025.md, with SOP_SHARED ../shared by default.
Exit code 1 when something differs. Where the text is not there, its part is skipped, and that is said.
"""

import json
import os
import re
import sys
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

sys.dont_write_bytecode = True
import configs  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TABLES = [str(number) for number in range(1, 11)] + ["b1", "b2", "b3"] + [f"c{number}" for number in range(1, 8)]

# Cells whose value differs from the text on purpose: (table, labels, column), with the reason. There are none: every blank that the
# README decides by hand agrees with where the text leaves a cell empty.
DECISIONS: dict[tuple[str, tuple[str, ...], str], str] = {}

# How the text spells names, where it is not the one spelling of names.toml.
SPELLINGS = {
    "method": {"MASSL": "MaSSL", "BEIT": "BEiT", "BEIT+DINO": "BEiT+DINO", "SUP.": "Supervised", "RAND": "Rand", "IN-1K": "Supervised"},
    "architecture": {"SWIN-T/14": "Swin-T/14", "SWINT-14": "Swin-T/14"},
    "data": {"KINETICS": "Kinetics"},
    "mim": {"✓": "yes", "✗": "no", "Δ": "DALL-E"},
    "cls": {"✓": "yes", "✗": "no"},
}


@dataclass
class Form:
    """What a table looks like in the text."""

    labels: list[str]  # the labels that its first cells hold
    header: list[list[str]]  # the cells of its header, line by line
    columns: list[str]  # the words of the columns, from left to right
    lead: int = -1  # cells before the first value, where not all of them are labels


MIM, CLS = r"$\mathcal{L}_{[\text{MIM}]}$", r"$\mathcal{L}_{[\text{CLS}]}$"
FORMS = {
    "1": Form(["method", "architecture", "epochs"], [["METHOD", "ARCH", "EP.", "k -NN", "LIN.", "1%", "10%", "100%"]],
              ["knn", "linear", "finetune_1", "finetune_10", "finetune_100"]),
    "2": Form(["method"], [["METHOD", "DET. AP ^B", "ISEG. AP ^M", "SEG [†] mIoU", "SEG mIoU"]],
              ["ap_box", "ap_mask", "miou_linear", "miou_upernet"]),
    "3": Form(["method"], [["METHOD", "C ₁₀", "C ₁₀₀", "INAT ₁₈", "INAT ₁₉", "FLWRS", "CARS"]],
              ["cifar10", "cifar100", "inat18", "inat19", "flowers", "cars"]),
    "4": Form(["method", "data", "architecture"],
              [["METHOD DATA", "", "ARCH.", r"$(\mathcal{J} \& \mathcal{F})_m$", r"\mathcal{J}_m", r"\mathcal{F}_m"]],
              ["j_and_f", "j", "f"]),
    "5": Form(["method", "architecture", "epochs"],
              [["METHOD", "ARCH.", "EPO.", r"\mathcal{RO}_x", "", r"\mathcal{R}_{Par}", ""], ["", "", "", "M", "H", "M", "H"]],
              ["roxford_medium", "roxford_hard", "rparis_medium", "rparis_hard"]),
    "6": Form(["method"],
              [["", "BACKGROUND CHANGES", "", "", "", "", "", "", "CLEAN"], ["", "OF", "MS", "MR", "MN", "NF", "OBB", "OBT", "IN-9"]],
              ["only_fg", "mixed_same", "mixed_rand", "mixed_next", "no_fg", "only_bg_b", "only_bg_t", "original"]),
    "7": Form(["method", "mim", "cls"], [["Method", MIM, CLS, "k -NN", "Lin."]], ["knn", "linear"]),
    "8": Form(["mim_support"],
              [[r"$[\text{MIM}]$", r"k Support Embeddings $[\text{CLS}]$", "", "", "", ""], ["", "1", "2", "4", "8", "16"]],
              ["cls_1", "cls_2", "cls_4", "cls_8", "cls_16"]),
    "9": Form([], [["METHOD", "SOFT", "ONE HOT"]], ["soft", "one_hot"], 1),
    "10": Form(["method"], [["METHOD", "1024", "2048", "4096", "8192", "16384"]],
               [f"prototypes_{count}" for count in (1024, 2048, 4096, 8192, 16384)]),
    "b1": Form(["method"],
               [["", "100 EPOCHS", "", "300 EPOCHS", "", "800 EPOCHS", "", "MEM"],
                ["", "k -NN", "TIME", "k -NN", "TIME", "k -NN", "TIME", ""]],
               ["knn_100", "hours_100", "knn_300", "hours_300", "knn_800", "hours_800", "memory"]),
    "b2": Form(["method", "architecture"], [["METHOD", "ARCH.", "1%", "10%"]], ["percent_1", "percent_10"]),
    "b3": Form(["method"],
               [["METHOD", "DET. & INST. SEG. W/ CASCADE MASK R-CNN", "", "", "", "", "", "SEG. W/ LIN.", "", "SEG. W/ UPERNET", ""],
                ["", "AP^b", "AP_{50}^b", "AP_{75}^b", "AP^m", "AP_{50}^m", "AP_{75}^m", "MIOU", "MACC", "MIOU", "MACC"]],
               ["ap_box", "ap_box_50", "ap_box_75", "ap_mask", "ap_mask_50", "ap_mask_75",
                "miou_linear", "macc_linear", "miou_upernet", "macc_upernet"]),
    "c1": Form(["mim_tasks"], [["[MIM]", "# OF TASKS [CLS]", "", ""], ["", "1", "2", "4"]], ["cls_1", "cls_2", "cls_4"]),
    "c2": Form([], [["", "[CLS]", "AVG. PATCH"]], ["cls", "patch_mean"], 1),
    "c3": Form([], [[r"\dot{K}", "256", "512", "1024"]], ["anchors_256", "anchors_512", "anchors_1024"], 1),
    "c4": Form([], [["m", ".992→1", ".994→1", ".996→1"]], ["momentum_992", "momentum_994", "momentum_996"], 1),
    "c5": Form([], [["N_C", "8192", "16384", "32768", "65536", "98304"]],
               [f"memory_{count}" for count in (8192, 16384, 32768, 65536, 98304)], 1),
    "c6": Form([], [["N_p", "1024", "2048", "4096", "8192", "16384"]],
               [f"memory_{count}" for count in (1024, 2048, 4096, 8192, 16384)], 1),
    "c7": Form([], [["FIXED ANCHORS", "RANDOM ANCHORS"]], ["fixed", "random"], 0),
}

# Cells of different tables that mean the same: (table, labels, column) twice. Where the values differ, both cells must have a note.
SAME = [(("1", {"method": method, "architecture": "ViT-S/16"}, "knn"), ("b1", {"method": method}, "knn_800"))
        for method in ("DINO", "iBOT", "MaSSL", "SOP")]
SAME += [(("2", {"method": method}, column), ("b3", {"method": method}, column))
         for method in ("Supervised", "DINO", "iBOT", "SOP") for column in ("ap_box", "ap_mask", "miou_linear", "miou_upernet")]
SAME += [(("7", {"method": "iBOT", "cls": "yes"}, "knn"), ("10", {"method": "iBOT"}, "prototypes_8192"))]
# The default setting of the ablations.
SAME += [(("7", {"method": "SOP", "mim": "yes", "cls": "yes"}, "knn"), other) for other in (
    ("8", {"mim_support": "1"}, "cls_8"), ("9", {}, "soft"), ("10", {"method": "SOP"}, "prototypes_4096"), ("c1", {"mim_tasks": "1"}, "cls_2"),
    ("c2", {}, "cls"), ("c3", {}, "anchors_512"), ("c4", {}, "momentum_994"), ("c5", {}, "memory_65536"), ("c6", {}, "memory_8192"),
    ("c7", {}, "random"))]
# SOP without its masked task; Table 7 does not say how many tasks a step has.
SAME += [(("7", {"method": "SOP", "mim": "no"}, "knn"), ("c1", {"mim_tasks": "0"}, f"cls_{tasks}")) for tasks in (1, 2, 4)]


def blocks(text):
    """The lines of every table of the text, by table."""
    found = {}
    lines = text.splitlines()
    for start, line in enumerate(lines):
        caption = re.match(r"\s*Table ([BC]\.)?(\d+)\. ", line)
        if not caption:
            continue
        name = (caption[1] or "").lower().replace(".", "") + caption[2]
        rows, at = [], start + 1
        while at < len(lines) and "\t" not in lines[at]:
            at += 1
        while at < len(lines) and "\t" in lines[at]:
            rows.append([cell.strip() for cell in lines[at].split("\t")])
            at += 1
        if name in found:
            raise SystemExit(f"the text has two tables {name}")
        found[name] = rows
    return found


def number(cell):
    """The number of a cell, as it is printed; None for a blank or a dash."""
    if cell in ("", "-"):
        return None
    match = re.fullmatch(r"(\d+\.\d+)(H|GB)?", cell)
    if not match:
        raise ValueError(f"`{cell}` is no number")
    return Decimal(match[1])


def read(form, rows, problem):
    """The cells of a table: {(labels, column): number}."""
    header = rows[: len(form.header)]
    if header != form.header:
        problem(f"its header is {header}, not {form.header}")
    lead = len(form.labels) if form.lead < 0 else form.lead
    cells, last = {}, None
    for row in rows[len(form.header):]:
        if row[0].startswith("<i>") and not any(row[1:]):
            continue
        if len(row) != lead + len(form.columns):
            problem(f"the row {row} has {len(row)} cells, not {lead + len(form.columns)}")
            continue
        labels = []
        for place, label in enumerate(form.labels):
            cell = row[place] or (last[place] if last and place == 0 else "")
            labels.append(SPELLINGS.get(label, {}).get(cell, cell))
        last = row[:lead] if row[0] else last
        for column, cell in zip(form.columns, row[lead:], strict=True):
            key = (tuple(labels), column)
            if key in cells:
                problem(f"{key} is there twice")
            cells[key] = number(cell)
    return cells


def check_text(path, cells, problem):
    """Holds the cells against the text, both ways; the number of numbers that were compared."""
    tables = blocks(path.read_text(encoding="utf-8"))
    compared = blank = 0
    for name in TABLES:
        about = lambda what, name=name: problem(f"table {name}: {what}")
        if name not in tables:
            about("is not in the text")
            continue
        form = FORMS[name]
        text = read(form, tables[name], about)
        own = {}
        for cell in (cell for cell in cells if cell["table"] == name):
            own[tuple(cell["row"].get(label) for label in form.labels), cell["column"]] = cell["published"]
        for key in sorted({*text, *own}, key=repr):
            if (name, *key) in DECISIONS:
                continue
            if key not in text or key not in own:
                about(f"{key} is only in {'the text' if key in text else 'published.json'}")
            elif text[key] != own[key]:
                about(f"{key} is {text[key]} in the text, {own[key]} in published.json")
            elif text[key] is None:
                blank += 1
            else:
                compared += 1
    for name in tables:
        if name not in FORMS:
            problem(f"the text has a table {name} that is not looked at")
    return compared, blank


def find(cells, table, labels, column):
    """The cells of a table that have these labels; there should be one."""
    return [cell for cell in cells if cell["table"] == table and cell["column"] == column and configs.agrees(cell["row"], labels)]


def check_same(cells, problem):
    """Looks for cells that mean the same and differ; they must say so."""
    differing = []
    for first, second in SAME:
        found = find(cells, *first) + find(cells, *second)
        if len(found) != 2:
            problem(f"{len(found)} cells are {first} and {second}, which should be one each")
            continue
        one, other = found
        if one["published"] == other["published"]:
            continue
        differing.append(f"{first[0]} {first[2]} {one['published']} and {second[0]} {second[2]} {other['published']} ({one['row']['method']})")
        for cell in (one, other):
            if "note" not in cell:
                problem(f"table {cell['table']}: {cell['row']} {cell['column']} differs from another table and has no note")
    return differing


def check_cells(cells, names, problem):
    """The form of published.json, without a JSON Schema validator."""
    seen, labels = set(), {}
    for cell in cells:
        where = f"table {cell.get('table')}: {cell.get('row')} {cell.get('column')}"
        if not {"table", "row", "column", "published"} <= set(cell) <= {"table", "row", "column", "published", "note"}:
            problem(f"{where} has the keys {sorted(cell)}")
            continue
        key = (cell["table"], tuple(cell["row"].items()), cell["column"])
        if key in seen:
            problem(f"{where} is there twice")
        seen.add(key)
        if labels.setdefault(cell["table"], list(cell["row"])) != list(cell["row"]):
            problem(f"{where} has other labels than the rows before")
        if not (cell["published"] is None or isinstance(cell["published"], Decimal)):
            problem(f"{where}: {cell['published']} is neither a number nor null")
        for label in ("method", "architecture", "data"):
            if label in cell["row"] and cell["row"][label] not in names[label]:
                problem(f"{where}: {cell['row'][label]} is not in names.toml")
    if list(labels) != TABLES:
        problem(f"published.json has the tables {list(labels)}")


def config_keys():
    """Every key that a pre-training config can have, from the sources that define them."""
    sources = [*(ROOT / "crates/sop-pretrain/src").rglob("*.rs"), *(ROOT / "crates/sop-image/src/views").glob("*.rs")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    return set(re.findall(r"^    pub ([a-z_]+):", text, re.MULTILINE)) | {"method"}


def check_layout(path, layout, cells, known, problem):
    """One layout against the cells of its table."""
    name = layout["published"]
    own = [cell for cell in cells if cell["table"] == name]
    if layout["name"] != path.stem or layout["label"] != f"tab:{path.stem}" or path.stem != f"paper-{name}":
        problem("name, label, published and the file's name do not go together")
    rows = list(dict.fromkeys(tuple(cell["row"].items()) for cell in own))
    words = list(dict.fromkeys(cell["column"] for cell in own))
    if [column["name"] for column in layout["columns"]] != words:
        problem(f"has the columns {[column['name'] for column in layout['columns']]}, published.json {words}")
    if len(own) != len(rows) * len(words):
        problem(f"published.json has {len(own)} cells in {len(rows)} rows and {len(words)} columns")
    shown = layout["rows"]
    if list(layout["headings"]) != shown:
        problem("[headings] does not name the shown labels in their order")
    if len({tuple(dict(row)[label] for label in shown) for row in rows}) != len(rows):
        problem("the shown labels do not tell the rows apart")
    for label in dict(rows[0]):
        if label not in shown and len({dict(row)[label] for row in rows}) > 1:
            problem(f"`{label}` differs between rows and is not shown")

    def used(filters, what):
        for labels in filters:
            if not any(configs.agrees(dict(row), labels) for row in rows):
                problem(f"{what}: no row agrees with {labels}")

    groups = layout.get("groups", [])
    for group in groups:
        used(group["rows"], "groups")
    if groups:
        for row in rows:
            count = sum(any(configs.agrees(dict(row), labels) for labels in group["rows"]) for group in groups)
            if count != 1:
                problem(f"{dict(row)} is in {count} groups")
    used(layout.get("unranked", []), "unranked")
    for column in layout["columns"]:
        what = f"column {column['name']}"
        if column["better"] not in ("higher", "lower", "none"):
            problem(f"{what}: better is {column['better']}")
        for cell in own:
            value = cell["published"]
            if cell["column"] == column["name"] and value is not None and -value.as_tuple().exponent != column["decimals"]:
                problem(f"{what}: {value} has not {column['decimals']} decimals")
        if sum(kind in column for kind in configs.KINDS) != 1:
            problem(f"{what} has not exactly one of {', '.join(configs.KINDS)}")
        for exception in column.get("except", []):
            used(exception["rows"], what)
            if sum(kind in exception for kind in configs.KINDS) != 1:
                problem(f"{what}: an exception has not exactly one of {', '.join(configs.KINDS)}")
        for row in rows:
            kind = configs.kind_of(column, dict(row))
            if "measured" in kind:
                measured = kind["measured"]
                if not (ROOT / measured["config"]).is_file():
                    problem(f"{what}: {measured['config']} is not there")
                about = (ROOT / f"crates/sop-eval/src/{measured['protocol']}/info.rs").read_text(encoding="utf-8")
                if f'"{measured["metric"]}"' not in about:
                    problem(f"{what}: {measured['protocol']} has no metric {measured['metric']}")
            elif "pretraining" in kind:
                keys = configs.pretraining_keys(layout, column, dict(row))
                if keys is None:
                    problem(f"{what}: no entry of [[pretraining.rows]] is about {dict(row)}")
                for key in keys or {}:
                    if not set(key.split(".")) <= known:
                        problem(f"{what}: `{key}` is no key of a pre-training config")


def main():
    problems = []
    cells = json.loads((HERE / "published.json").read_text(encoding="utf-8"), parse_float=Decimal)
    names = tomllib.loads((HERE / "names.toml").read_text(encoding="utf-8"))
    check_cells(cells, names, lambda what: problems.append(f"published.json: {what}"))

    default = Path(os.environ.get("SOP_SHARED", ROOT.parent / "shared")) / "paper/sop-icml2025.md"
    text = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    if text.is_file():
        compared, blank = check_text(text, cells, lambda what: problems.append(f"text: {what}"))
        print(f"text: {compared} numbers and {blank} blanks agree")
    elif len(sys.argv) > 1:
        raise SystemExit(f"{text} is not there")
    else:
        print(f"text: skipped, {default.name} is not in $SOP_SHARED/paper")

    for line in check_same(cells, problems.append):
        print(f"the paper contradicts itself: {line}")

    known, layouts = config_keys(), {}
    for path in sorted((HERE / "tables").glob("*.toml")):
        layouts[path.stem] = tomllib.loads(path.read_text(encoding="utf-8"))
        check_layout(path, layouts[path.stem], cells, known, lambda what, path=path: problems.append(f"{path.name}: {what}"))
    if set(layouts) != {f"paper-{name}" for name in TABLES}:
        problems.append(f"tables/ has the layouts {sorted(layouts)}")
    print(f"layouts: {len(layouts)} tables, {sum(len(layout['columns']) for layout in layouts.values())} columns, {len(cells)} cells")

    # A config cannot be made again of what is wrong.
    written = configs.texts() if not problems else {}
    for path, content in written.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != content:
            problems.append(f"{path.relative_to(ROOT)} is not what configs.py writes: run it")
    for path in sorted(configs.FOLDER.rglob("*.toml")):
        if written and path not in written:
            problems.append(f"{path.relative_to(ROOT)} belongs to no cell")
    print(f"configs: {len(written)}" if written else "configs: not looked at before the rest is right")

    for line in problems:
        print(f"WRONG {line}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
