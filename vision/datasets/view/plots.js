// The statistics of the photos and boxes that the filters leave, as SVG.
const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
const relativeSide = (photo, box) => Math.sqrt(area(box) / (photo.width * photo.height));
const sizeClass = (value, limits) => limits.filter(limit => value >= limit).length;

function binOf(value, edges) { // the outer bins hold what lies beyond them
  let bin = 0;
  while (bin < edges.length - 2 && value >= edges[bin + 1]) bin++;
  return bin;
}
function histogram(values, edges) {
  const counts = Array(edges.length - 1).fill(0);
  for (const value of values) counts[binOf(value, edges)]++;
  return counts;
}

function statistics(shown, counts) { // counts(photo, box): whether the filters leave a box
  const { bins } = data, grid = bins.grid;
  const empty = edges => categories.map(() => Array(edges.length - 1).fill(0));
  const figures = {
    photos: shown.length, boxes: 0, side: empty(bins.side), aspect: empty(bins.aspect),
    centres: Array.from({ length: grid }, () => Array(grid).fill(0)),
    brightness: histogram(shown.map(photo => photo.brightness).filter(value => value !== null), bins.brightness),
    sources: data.sources.map(() => ({ photos: 0, boxes: categories.map(() => 0) })), perPhoto: [],
  };
  for (const photo of shown) {
    const boxes = state(photo).boxes.filter(box => counts(photo, box)), source = figures.sources[photo.source];
    source.photos++;
    figures.boxes += boxes.length;
    figures.perPhoto.push(boxes.length);
    for (const { category, box } of boxes) {
      const [x1, y1, x2, y2] = box, cell = (centre, size) => Math.min(grid - 1, Math.max(0, Math.floor(centre / size * grid)));
      source.boxes[category]++;
      figures.side[category][binOf(Math.sqrt(area(box)), bins.side)]++;
      figures.aspect[category][binOf((x2 - x1) / (y2 - y1), bins.aspect)]++;
      figures.centres[cell((y1 + y2) / 2, photo.height)][cell((x1 + x2) / 2, photo.width)]++;
    }
  }
  figures.perPhoto = histogram(figures.perPhoto, [...bins.boxes, Infinity]);
  return figures;
}

const byCategory = counts => categories.map((category, i) => ({ colour: category.colour, name: categoryName(i), counts: counts[i] }));

function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].map(step => step * power).find(top => top >= value);
}

// Stacked bars; ticks: [position in bins, text].
function bars(title, xTitle, yTitle, series, labels, ticks) {
  const width = 420, height = 230, left = 56, bottom = 42, top = 10, right = 20;
  const n = series[0].counts.length, totals = labels.map((_, i) => series.reduce((sum, { counts }) => sum + counts[i], 0));
  const highest = niceTop(Math.max(...totals, 1)), step = (width - left - right) / n, scale = (height - top - bottom) / highest;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  for (const value of highest < 4 ? [0, highest] : [0, highest / 2, highest]) {
    const y = height - bottom - value * scale;
    svg.append(draw("line", { class: "axis", x1: left, x2: width - right, y1: y, y2: y }));
    svg.append(draw("text", { x: left - 5, y: y + 4, "text-anchor": "end" }, value.toLocaleString("en")));
  }
  labels.forEach((label, i) => {
    let y = height - bottom;
    for (const { colour, name, counts } of series) {
      if (!counts[i]) continue;
      y -= counts[i] * scale;
      const tip = draw("title", {}, `${label}${name ? ` · ${name}` : ""}: ${counts[i]}`);
      svg.append(draw("rect", { x: left + i * step + 0.5, y, width: Math.max(step - 1, 1), height: counts[i] * scale, fill: colour }, tip));
    }
  });
  for (const [place, text] of ticks)
    svg.append(draw("text", { x: left + place * step, y: height - bottom + 15, "text-anchor": "middle" }, text));
  svg.append(draw("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, xTitle));
  svg.append(draw("text", { x: 12, y: (height - bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(height - bottom) / 2})` }, yTitle));
  return make("figure", {}, make("figcaption", {}, title), svg);
}

function heatMap(title, cells) {
  const side = 210, left = 46, top = 8, width = 420, size = side / cells.length, most = Math.max(1, ...cells.flat());
  const svg = draw("svg", { viewBox: `0 0 ${width} 262`, role: "img", "aria-label": title });
  const shade = share => `color-mix(in oklab, var(--accent) ${Math.round(100 * share)}%, var(--well))`;
  cells.forEach((row, y) => row.forEach((count, x) => {
    const tile = draw("rect", { x: left + x * size, y: top + y * size, width: size + 0.3, height: size + 0.3 }, draw("title", {}, String(count)));
    tile.style.fill = shade(Math.sqrt(count / most)); // the root keeps rare places visible
    svg.append(tile);
  }));
  for (const share of [0, 0.5, 1]) {
    svg.append(draw("text", { x: left + share * side, y: top + side + 15, "text-anchor": "middle" }, share));
    svg.append(draw("text", { x: left - 6, y: top + share * side + (share === 0 ? 9 : 4), "text-anchor": "end" }, share));
  }
  svg.append(draw("text", { x: left + side / 2, y: 256, "text-anchor": "middle" }, say("框中心 x / 照片宽", "box centre x / photo width")));
  svg.append(draw("text", { x: 12, y: top + side / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${top + side / 2})` }, say("框中心 y / 照片高", "box centre y / photo height")));
  for (let i = 0; i < 40; i++) {
    const tile = draw("rect", { x: 300, y: top + side - (i + 1) * side / 40, width: 14, height: side / 40 + 0.3 });
    tile.style.fill = shade(i / 39);
    svg.append(tile);
  }
  for (const share of [0, 0.25, 1])
    svg.append(draw("text", { x: 320, y: top + side - Math.sqrt(share) * side + (share ? 9 : 0) }, Math.round(share * most)));
  svg.append(draw("text", { x: 300, y: top + side + 15 }, say("框数 / 格", "boxes per cell")));
  return make("figure", {}, make("figcaption", {}, title), svg);
}

function sourceTable(figures) {
  const cell = (source, i) => {
    const count = figures.sources[source].boxes[i];
    if (!data.sources[source].annotated[i] && !count) return make("td", { class: "unknown" }, say("未标注", "not annotated"));
    const partly = !data.sources[source].annotated[i], title = say("有少数框，但此来源不完整标注这一类", "a few boxes, but the source doesn't annotate this category throughout");
    return make("td", { class: partly ? "unknown" : count ? "" : "zero", title: partly ? title : null }, count.toLocaleString("en") + (partly ? " *" : ""));
  };
  const sum = i => figures.sources.reduce((total, source) => total + source.boxes[i], 0);
  const rows = data.sources.map((source, s) => [source, s]).filter(([, s]) => figures.sources[s].photos);
  return make("figure", { class: "wide" },
    make("figcaption", {}, say("各来源的照片数与框数（* 未完整标注）", "Photos and boxes by source (* not annotated throughout)")),
    make("table", {},
      make("thead", {}, make("tr", {}, make("th", {}, say("来源", "Source")), make("th", {}, say("照片", "Photos")),
        ...categories.map((_, i) => make("th", {}, categoryName(i))))),
      make("tbody", {}, ...rows.map(([source, s]) => make("tr", {}, make("th", { title: source.licence }, source.name),
        make("td", {}, figures.sources[s].photos.toLocaleString("en")), ...categories.map((_, i) => cell(s, i))))),
      make("tfoot", {}, make("tr", {}, make("th", {}, say("合计", "Total")), make("td", {}, figures.photos.toLocaleString("en")),
        ...categories.map((_, i) => make("td", {}, sum(i).toLocaleString("en")))))));
}

function showStatistics(figures) {
  const { bins } = data, boxes = say("框数", "boxes"), count = say("照片数", "photos"), plain = counts => [{ colour: "var(--accent)", name: "", counts }];
  const between = edges => edges.slice(1).map((edge, i) => `${+edges[i].toFixed(2)}–${+edge.toFixed(2)}`);
  const round = edges => edges.flatMap((edge, i) => i % 2 ? [] : [[i, +edge.toFixed(3)]]);
  const perPhoto = bins.boxes.map((edge, i) => i + 1 === bins.boxes.length ? `${edge}+` : bins.boxes[i + 1] - edge === 1 ? `${edge}` : `${edge}–${bins.boxes[i + 1] - 1}`);
  one("#plots").replaceChildren(
    sourceTable(figures),
    bars(say("框的大小", "Box sizes"), say("√(宽×高)，照片像素，对数刻度", "√(width × height), pixels of the photo, log scale"), boxes, byCategory(figures.side), between(bins.side), round(bins.side)),
    heatMap(say("框的位置", "Box positions"), figures.centres),
    bars(say("框的宽高比", "Aspect ratios"), say("宽 / 高，对数刻度", "width / height, log scale"), boxes, byCategory(figures.aspect), between(bins.aspect), round(bins.aspect)),
    bars(say("每张照片的框数", "Boxes per photo"), boxes, count, plain(figures.perPhoto), perPhoto, perPhoto.map((text, i) => [i + 0.5, text])),
    bars(say("亮度", "Brightness"), say("缩略图平均亮度 Y′ (BT.601)，0–255", "mean luma Y′ of the thumbnail (BT.601), 0–255"), count, plain(figures.brightness), between(bins.brightness), bins.brightness.flatMap((edge, i) => i % 4 ? [] : [[i, edge]])),
  );
}
