"""Writes table.md from measurements.jsonl: medians over the rounds."""

import json
import pathlib
import statistics

HERE = pathlib.Path(__file__).parent
ROWS = [json.loads(line) for line in (HERE / "measurements.jsonl").read_text().splitlines()]
WANTED = [0.9, 0.95, 0.98, 0.99, 0.999]


def rows(**wanted):
    return [row for row in ROWS if all(row.get(key) == value for key, value in wanted.items())]


def median(values):
    values = list(values)
    return statistics.median(values) if values else None


def number(value, digits=0):
    return "–" if value is None else f"{value:,.{digits}f}"


def programs(data):
    return list(dict.fromkeys(row["program"] for row in rows(data=data)))


def chosen(data, program, recall):
    """The smallest beam that reaches a recall on the tuning queries."""
    found = [row for row in rows(data=data, program=program, part="tuning", what="curve") if row["recall"] >= recall]
    # Exact search counts as a beam of this index: it is what it does itself where the beam is wide.
    beams = [(float("inf") if row["beam"] == "exact" else int(row["beam"]), row["beam"]) for row in found]
    return min(beams)[1] if beams else None


def at(data, program, beam, threads, key):
    return median(row[key] for row in rows(data=data, program=program, part="reported", what="curve", beam=beam, threads=threads)
                  if key in row)


def main():
    lines = []
    for data in dict.fromkeys(row["data"] for row in ROWS):
        lines += [f"## {data}", "", "### Queries a second at a recall", "",
                  "Beam chosen on other queries; in brackets the recall reached on the reported ones. "
                  "`one call`: all queries in one call; `one by one`: a call a query.", "",
                  "| program | threads | call | " + " | ".join(f"{recall}" for recall in WANTED) + " |",
                  "|---|---|---|" + "---|" * len(WANTED)]
        best = {}
        for program in programs(data):
            for threads in [1, 2]:
                for key, call in [("qps", "one call"), ("qps_single", "one by one")]:
                    cells = []
                    for recall in WANTED:
                        beam = chosen(data, program, recall)
                        value = beam and at(data, program, beam, threads, key)
                        if value:
                            reached = at(data, program, beam, threads, "recall")
                            cells.append(f"{number(value)} ({beam}: {reached:.4f})")
                            best[program, threads, call, recall] = value
                        else:
                            cells.append("–")
                    if any(cell != "–" for cell in cells):
                        lines.append(f"| {program} | {threads} | {call} | " + " | ".join(cells) + " |")
        lines += ["", "### Ratio to the better of hnswlib and usearch (f32)", "",
                  "| threads | call | " + " | ".join(f"{recall}" for recall in WANTED) + " |", "|---|---|" + "---|" * len(WANTED)]
        for threads in [1, 2]:
            for call in ["one call", "one by one"]:
                cells = []
                for recall in WANTED:
                    theirs = [best.get((peer, threads, "one call", recall)) for peer in ["hnswlib", "usearch"]]
                    theirs = max([value for value in theirs if value], default=None)
                    mine = best.get(("sop", threads, call, recall))
                    cells.append(number(mine / theirs, 2) if mine and theirs else "–")
                lines.append(f"| {threads} | {call} | " + " | ".join(cells) + " |")
        lines += ["", "### Building", "", "| program | threads | s | ratio to hnswlib | graph or file MiB | peak MiB |", "|---|---|---|---|---|---|"]
        hnswlib = median(row["seconds"] for row in rows(data=data, program="hnswlib", what="build"))
        for program in programs(data):
            built = rows(data=data, program=program, what="build")
            if built:
                seconds = median(row["seconds"] for row in built)
                size = median(row.get("graph_mib", row.get("file_mib")) for row in built)
                ratio = seconds / hnswlib if hnswlib else None
                lines.append(f"| {program} | {built[0]['threads']} | {number(seconds, 1)} | {number(ratio, 2)} "
                             f"| {number(size, 1)} | {number(median(row['peak_mib'] for row in built))} |")
        lines += ["", "### Filters, this graph, one thread, a call a query", "",
                  "| beam | filter | selectivity | recall | unfiltered | q/s | unfiltered | share |", "|---|---|---|---|---|---|---|---|"]
        for beam in sorted({row["beam"] for row in rows(data=data, part="filters")}):
            for row in rows(data=data, part="filters", beam=beam):
                lines.append(f"| {beam} | {row['what']} | {row['percent']} % | {row['recall']:.4f} | {row['recall_unfiltered']:.4f} "
                             f"| {number(row['qps_single'])} | {number(row['qps_unfiltered'])} | {number(row['share'], 2)} |")
        lines += ["", "### Curves, one thread, all queries in one call", "", "| program | beam: recall, q/s |", "|---|---|"]
        for program in programs(data):
            beams = dict.fromkeys(row["beam"] for row in rows(data=data, program=program, part="reported", what="curve", threads=1))
            cells = [f"{beam}: {at(data, program, beam, 1, 'recall'):.4f}, {number(at(data, program, beam, 1, 'qps'))}" for beam in beams]
            if cells:
                lines.append(f"| {program} | " + "; ".join(cells) + " |")
        lines.append("")
    (HERE / "table.md").write_text("\n".join(lines))


main()
