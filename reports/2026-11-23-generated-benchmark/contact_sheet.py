"""Contact sheet of a generated set: one row per class, the first eight images of each.

Usage: python contact_sheet.py TRAIN_FOLDER OUT.png
"""

import sys
from pathlib import Path

from PIL import Image

root, out = Path(sys.argv[1]), sys.argv[2]
classes = sorted(folder.name for folder in root.iterdir())
side = 64
sheet = Image.new("RGB", (8 * side, len(classes) * side))
for row, name in enumerate(classes):
    for column, file in enumerate(sorted((root / name).iterdir())[:8]):
        sheet.paste(Image.open(file).resize((side, side)), (column * side, row * side))
# A palette keeps the noisy sheet small; the set itself has full colour.
sheet.quantize(192, dither=Image.Dither.NONE).save(out, optimize=True)
