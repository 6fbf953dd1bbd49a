#!/bin/sh
# Compiles every table of the paper, whole and as a fragment, and says what LaTeX complains of.
#
#   reports/paper/compile_tables.sh [RESULTS…]       # SOP is the program, `sop` by default; OUT the folder, a temporary one by default
#
# Needs pdflatex with booktabs and siunitx (Debian: texlive-latex-extra, texlive-science). Where pdftoppm is there, too, OUT gets a
# picture of each page.
set -eu

SOP=${SOP:-sop}
OUT=${OUT:-$(mktemp -d)}
mkdir -p "$OUT"

{
    printf '%s\n' '\documentclass[10pt,twocolumn]{article}' '\usepackage[a4paper,margin=1.5cm]{geometry}' \
        '\usepackage{booktabs}' '\usepackage{siunitx}' '\begin{document}'
    for table in 1 2 3 4 5 6 7 8 9 10 b1 b2 b3 c1 c2 c3 c4 c5 c6 c7; do
        "$SOP" report --table "paper-$table" --format latex --out "$OUT/paper-$table.tex" "$@"
        "$SOP" report --table "paper-$table" --format latex --fragment --out "$OUT/fragment-$table.tex" "$@"
        printf '%s\n' "\\input{paper-$table}" \
            "\\begin{table*}\\footnotesize\\setlength{\\tabcolsep}{3pt}\\input{fragment-$table}\\end{table*}\\clearpage"
    done
    printf '%s\n' '\end{document}'
} > "$OUT/tables.tex"

cd "$OUT"
for _ in 1 2; do
    pdflatex -interaction=nonstopmode -halt-on-error tables.tex > pdflatex.txt || { tail -n 40 pdflatex.txt; exit 1; }
done
grep -E '^(LaTeX|Package .*) Warning|^Overfull' tables.log || echo 'no warnings'
if command -v pdftoppm > /dev/null; then pdftoppm -r 80 -png tables.pdf page; fi
echo "$OUT/tables.pdf"
