"""Writes a config for every row of the paper's tables that the suite can measure, under eval_configs/paper/.

    python3 reports/paper/configs.py

A config is that of `config` in the column's [columns.measured], with another encoder, with what `change` sets, and with gates on the
published values. Columns of one `run` share a file. check.py says when a file is not what this script writes.
"""

import copy
import json
import tomllib
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDER = ROOT / "eval_configs/paper"
KINDS = ("measured", "pretraining", "not_measurable")


def agrees(row, labels):
    """Whether a row has all these labels."""
    return all(row.get(label) == text for label, text in labels.items())


def lay_over(below, above):
    """One table over another, key by key."""
    merged = copy.deepcopy(below)
    for key, value in above.items():
        merged[key] = lay_over(merged[key], value) if isinstance(value, dict) and isinstance(merged.get(key), dict) else copy.deepcopy(value)
    return merged


def kind_of(column, row):
    """What measures a cell: the column's kind with its exceptions laid over it in their order."""
    kind = {name: column[name] for name in KINDS if name in column}
    for exception in column.get("except", []):
        if any(agrees(row, labels) for labels in exception["rows"]):
            own = {name: exception[name] for name in KINDS if name in exception}
            kind = lay_over(kind, own) if set(own) == set(kind) else own
    return kind


def pretraining_keys(layout, column, row):
    """Keys of the pre-training config that measures a cell; None where the layout has rows of its own and none is this one."""
    table = layout.get("pretraining", {})
    keys = dict(table.get("base", {}))
    if "rows" in table:
        own = [entry["keys"] for entry in table["rows"] if any(agrees(row, labels) for labels in entry["rows"])]
        if len(own) != 1:
            return None
        keys |= own[0]
    return keys | kind_of(column, row)["pretraining"]["keys"]


def slug(row):
    """A row's encoder in names of files, such as `sop-vitb16`."""
    return f"{row['method'].lower()}-{row['architecture'].lower().replace('-', '').replace('/', '')}"


def toml_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    return str(value)


def toml_sections(table, path=()):
    """Lines of a config: plain keys first, then its sections."""
    lines = [f"{key} = {toml_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    if path:
        lines = ["", f"[{'.'.join(path)}]", *lines]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += toml_sections(value, (*path, key))
    return lines


def gates(measured, published, decimals):
    """The conditions that a value near the published one fulfils; gates speak of shares of one."""
    where = [f"{key}={value}" for key, value in measured.get("where", {}).items() if key != "list"]
    where += [f"!{key}" for key in measured.get("gate_lacks", [])]
    about = measured["metric"] + (f"[{','.join(where)}]" if where else "")
    tolerance = Decimal(str(measured["tolerance"]))
    low, high = ((published + sign * tolerance) / 100 for sign in (-1, 1))
    return [f"{about}>={low:.{decimals + 2}f}", f"{about}<={high:.{decimals + 2}f}"]


def encoder_needed(row, names):
    """How to get the encoder of a row."""
    path = f"encoders/{slug(row)}.onnx"
    facts = names["architecture"][row["architecture"]]
    if not facts["architecture"].startswith("vit_"):
        return [f"{path}: an export of your own that keeps the encoder contract, since `sop import` reads ViTs only."]
    epochs = f" --epochs {row['epochs']}" if "epochs" in row else ""
    return [
        f"{path}, of a checkpoint of this encoder:",
        f"sop import WEIGHTS.pth --arch {facts['architecture']} --patch-size {facts['patch_size']}"
        f" --method {names['method'][row['method']][0]}{epochs} --out {path}",
    ]


def text_of(path, layout, run, row, found, names):
    """One config: the columns of a run, in one row."""
    measured = found[0][1]
    config = tomllib.loads((ROOT / measured["config"]).read_text(encoding="utf-8"), parse_float=Decimal)
    config["encoder"]["path"] = f"encoders/{slug(row)}.onnx"
    config["output"]["dir"] = f"runs/paper/{path.parent.name}"
    for key, value in measured.get("change", {}).items():
        *sections, last = key.split(".")
        place = config
        for section in sections:
            place = place[section]
        place[last] = value.replace("{encoder}", slug(row)) if isinstance(value, str) else value
    published = ", ".join(f"{column['heading']} {value}" for column, _, value in found)
    where = f"{measured['protocol']} on {found[0][0]['data']}"
    shown = ", ".join(row[label] + (" epochs" if label == "epochs" else "") for label in row)
    needs = [text.replace("{encoder}", slug(row)) for text in measured["needs"]] + encoder_needed(row, names)
    lines = [
        f"# Table {layout['published'].upper().replace('B', 'B.').replace('C', 'C.')} of the paper, {shown}: {where}, {published}",
        "#",
        f"#   sop eval {path.relative_to(ROOT).as_posix()}",
        "#",
        *[f"# {'Needs:' if place == 0 else '      '} {text}" for place, text in enumerate(needs)],
        *[f"# {text}" for text in measured.get("remarks", [])],
        "# Written by reports/paper/configs.py; its README says where the tolerance comes from.",
        f"protocol = {toml_value(config.pop('protocol'))}",
    ]
    every = [gate for column, kind, value in found for gate in gates(kind, value, column["decimals"])]
    lines.append(f"expect = {toml_value(every)}")
    return "\n".join(lines + toml_sections(config)) + "\n"


def texts():
    """Every config with its text."""
    names = tomllib.loads((HERE / "names.toml").read_text(encoding="utf-8"))
    cells = json.loads((HERE / "published.json").read_text(encoding="utf-8"), parse_float=Decimal)
    written = {}
    for source in sorted((HERE / "tables").glob("*.toml")):
        layout = tomllib.loads(source.read_text(encoding="utf-8"), parse_float=Decimal)
        columns = {column["name"]: column for column in layout["columns"]}
        runs = {}
        for cell in (cell for cell in cells if cell["table"] == layout["published"] and cell["published"] is not None):
            column = columns.get(cell["column"], {})
            measured = kind_of(column, cell["row"]).get("measured")
            if measured:
                key = (tuple(cell["row"].items()), measured["run"])
                runs.setdefault(key, []).append((column, measured, cell["published"]))
        for (labels, run), found in runs.items():
            row = dict(labels)
            path = FOLDER / f"table-{layout['published']}" / f"{slug(row)}-{run}.toml"
            if path in written:
                raise SystemExit(f"two rows make {path}")
            written[path] = text_of(path, layout, run, row, found, names)
    return written


def main():
    written = texts()
    for path in FOLDER.rglob("*.toml"):
        if path not in written:
            path.unlink()
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(written)} configs under {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
