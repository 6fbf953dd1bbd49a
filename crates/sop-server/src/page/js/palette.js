// Colours of labels, as [red, green, blue]: ten that are told apart well, then hues by the golden angle on three levels
// of lightness. With many labels colours repeat nearly, which is why the label is written at the pointer too.

const TEN = [
  [31, 119, 180], [230, 115, 0], [44, 150, 60], [208, 50, 60], [140, 95, 195],
  [150, 100, 85], [220, 100, 180], [120, 125, 130], [160, 155, 20], [10, 165, 185],
];

export function colourOf(index, count) {
  if (index < 0) return [128, 128, 128]; // no label
  if (count <= TEN.length) return TEN[index];
  return fromHsl((index * 137.508) % 360, 0.62, [0.5, 0.4, 0.6][index % 3]);
}

function fromHsl(hue, saturation, lightness) {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset) => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;
