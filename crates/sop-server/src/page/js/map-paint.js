// Paints the points of a map into pixels: one pass over typed arrays, without the graphics processor, so that 100,000
// points follow the pointer on any machine.

export const NORMAL = 0;
export const DIMMED = 1;
export const SELECTED = 2;
export const FADED = 3;

const SHARE = { [NORMAL]: 0.85, [DIMMED]: 0.1, [SELECTED]: 0.85, [FADED]: 0.22 };

/** How much of each pixel around its centre a disc covers: the edge is soft over one pixel. */
function disc(radius) {
  const reach = Math.ceil(radius + 0.5);
  const pixels = [];
  for (let y = -reach; y <= reach; y += 1) {
    for (let x = -reach; x <= reach; x += 1) {
      const cover = Math.max(0, Math.min(1, radius + 0.5 - Math.hypot(x, y)));
      if (cover > 0) pixels.push([x, y, cover]);
    }
  }
  return { reach, pixels };
}

/**
 * Fills `image` with `ground` and paints every point: `view` is {scale, left, top} (pixel = (x − left) × scale),
 * `colours` has three bytes a label with those without a label last, `flags` one byte a point.
 */
export function paint(image, points, view, { flags, colours, ground, outline, radius }) {
  const { width, height, data } = image;
  new Uint32Array(data.buffer).fill((255 << 24) | (ground[2] << 16) | (ground[1] << 8) | ground[0]);
  const stamp = (shape, column, row, red, green, blue, alpha) => {
    const { reach, pixels } = shape;
    if (column < -reach || row < -reach || column >= width + reach || row >= height + reach) return;
    for (const [dx, dy, cover] of pixels) {
      const [x, y] = [column + dx, row + dy];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const at = 4 * (y * width + x);
      const share = cover * alpha;
      data[at] += (red - data[at]) * share;
      data[at + 1] += (green - data[at + 1]) * share;
      data[at + 2] += (blue - data[at + 2]) * share;
    }
  };
  const dot = disc(radius);
  const ring = disc(radius + 1.5);
  const without = colours.length / 3 - 1;
  // What is dimmed lies below, what is selected on top.
  for (const layer of [DIMMED, FADED, NORMAL, SELECTED]) {
    for (let row = 0; row < points.count; row += 1) {
      if (flags[row] !== layer) continue;
      const x = Math.round((points.x[row] - view.left) * view.scale);
      const y = Math.round((points.y[row] - view.top) * view.scale);
      const at = 3 * (points.label[row] < 0 ? without : points.label[row]);
      if (layer === SELECTED) stamp(ring, x, y, outline[0], outline[1], outline[2], 1);
      stamp(dot, x, y, colours[at], colours[at + 1], colours[at + 2], SHARE[layer]);
    }
  }
}
