// The points of a map in typed arrays, with a grid over the plane that finds what is near a place or inside a lasso.

const PER_CELL = 4;

export class MapPoints {
  /** From `[{id, x, y, label}]`. */
  constructor(points) {
    this.count = points.length;
    this.ids = points.map(({ id }) => id);
    this.keys = this.ids.map(String);
    this.x = Float32Array.from(points, ({ x }) => x);
    this.y = Float32Array.from(points, ({ y }) => y);
    this.readLabels(points);
    this.readBounds();
    this.sortIntoCells();
    this.rowOf = new Map(this.keys.map((key, row) => [key, row]));
  }

  /** Labels are numbered in their order, so that a class has one colour in every map of the same classes. */
  readLabels(points) {
    const counts = new Map();
    for (const { label } of points) if (label !== undefined && label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
    const order = (a, b) => (typeof a === typeof b && typeof a !== 'object' ? (a < b ? -1 : a > b ? 1 : 0) : 0);
    this.labels = [...counts.keys()].sort(order);
    this.labelCounts = this.labels.map((label) => counts.get(label));
    const numbers = new Map(this.labels.map((label, index) => [label, index]));
    this.label = Int32Array.from(points, ({ label }) => numbers.get(label) ?? -1);
  }

  readBounds() {
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let row = 0; row < this.count; row += 1) {
      left = Math.min(left, this.x[row]);
      right = Math.max(right, this.x[row]);
      top = Math.min(top, this.y[row]);
      bottom = Math.max(bottom, this.y[row]);
    }
    if (!this.count) [left, right, top, bottom] = [0, 1, 0, 1];
    // One point, or all on a line, still needs an extent to scale by.
    const least = Math.max(right - left, bottom - top, 1e-6) * 1e-3;
    this.bounds = { left, top, width: Math.max(right - left, least), height: Math.max(bottom - top, least) };
  }

  sortIntoCells() {
    this.side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(this.count / PER_CELL))));
    const cells = this.side * this.side;
    const cellOf = new Int32Array(this.count);
    this.start = new Int32Array(cells + 1);
    for (let row = 0; row < this.count; row += 1) {
      cellOf[row] = this.line(this.y[row], 'top', 'height') * this.side + this.line(this.x[row], 'left', 'width');
      this.start[cellOf[row] + 1] += 1;
    }
    for (let cell = 0; cell < cells; cell += 1) this.start[cell + 1] += this.start[cell];
    const next = this.start.slice(0, cells);
    this.order = new Int32Array(this.count);
    for (let row = 0; row < this.count; row += 1) this.order[next[cellOf[row]]++] = row;
  }

  /** The column or row of cells in which a coordinate lies; outside ones count to the border. */
  line(value, from, extent) {
    const at = Math.floor(((value - this.bounds[from]) / this.bounds[extent]) * this.side);
    return Math.max(0, Math.min(this.side - 1, at));
  }

  /** Calls `visit` with the row of every point in the cells that a rectangle touches. */
  inCells(left, top, right, bottom, visit) {
    const [first, last] = [this.line(left, 'left', 'width'), this.line(right, 'left', 'width')];
    for (let row = this.line(top, 'top', 'height'); row <= this.line(bottom, 'top', 'height'); row += 1) {
      for (let at = this.start[row * this.side + first]; at < this.start[row * this.side + last + 1]; at += 1) visit(this.order[at]);
    }
  }

  /** The row nearest to a place among those that pass `allowed`, no farther than `radius`; −1 where there is none. */
  nearest(x, y, radius, allowed = () => true) {
    let [best, least] = [-1, radius * radius];
    this.inCells(x - radius, y - radius, x + radius, y + radius, (row) => {
      const distance = (this.x[row] - x) ** 2 + (this.y[row] - y) ** 2;
      if ((distance < least || (distance === least && (best < 0 || row < best))) && allowed(row)) [best, least] = [row, distance];
    });
    return best;
  }

  /** Rows inside a polygon `[[x, y], …]` by the even-odd rule, ascending. */
  inside(polygon) {
    if (polygon.length < 3) return [];
    const xs = polygon.map(([x]) => x);
    const ys = polygon.map(([, y]) => y);
    const rows = [];
    this.inCells(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (row) => {
      if (within(xs, ys, this.x[row], this.y[row])) rows.push(row);
    });
    return rows.sort((a, b) => a - b);
  }
}

function within(xs, ys, x, y) {
  let inside = false;
  for (let at = 0, before = xs.length - 1; at < xs.length; before = at, at += 1) {
    const crosses = ys[at] > y !== ys[before] > y;
    if (crosses && x < ((xs[before] - xs[at]) * (y - ys[at])) / (ys[before] - ys[at]) + xs[at]) inside = !inside;
  }
  return inside;
}
