// plot(TITLE, [{ label, bars: [{ name, value }] }]): a bar chart as SVG text. The same name has the same colour everywhere.
const COLOURS = ['#9aa5b1', '#2f6fdd', '#d9822b', '#5b8c5a'];

export function plot(title, groups) {
  const names = [...new Set(groups.flatMap(g => g.bars.map(b => b.name)))];
  const most = Math.max(...groups.flatMap(g => g.bars.map(b => b.value)));
  const BAR = 44, GAP = 40, HEIGHT = 220, TOP = 60, LEFT = 30;
  let x = LEFT;
  const parts = [];
  for (const group of groups) {
    const start = x;
    for (const bar of group.bars) {
      const height = bar.value / most * HEIGHT, y = TOP + HEIGHT - height;
      parts.push(`<rect x="${x}" y="${y.toFixed(1)}" width="${BAR - 4}" height="${height.toFixed(1)}" fill="${COLOURS[names.indexOf(bar.name) % COLOURS.length]}"/>`);
      parts.push(`<text x="${x + BAR / 2 - 2}" y="${(y - 5).toFixed(1)}" text-anchor="middle">${bar.value.toFixed(1)}</text>`);
      x += BAR;
    }
    parts.push(`<text x="${(start + x) / 2}" y="${TOP + HEIGHT + 18}" text-anchor="middle">${group.label}</text>`);
    x += GAP;
  }
  const width = Math.max(x, 480);
  names.forEach((name, i) => parts.push(`<rect x="${LEFT + i * 150}" y="30" width="12" height="12" fill="${COLOURS[i % COLOURS.length]}"/>`,
    `<text x="${LEFT + i * 150 + 18}" y="41">${name}</text>`));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${TOP + HEIGHT + 30}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="20" font-size="15">${title}</text>
${parts.join('\n')}
</svg>
`;
}
