// A photo with its boxes as SVG over it: shown, or edited by mouse, touch and keyboard. Coordinates: pixels of the photo.
const SVG = "http://www.w3.org/2000/svg", STEP = 200, LEAST = 3;

function draw(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
const ordered = ([x1, y1, x2, y2]) => [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
const within = (value, most) => Math.min(most, Math.max(0, value));

export class Boxes extends EventTarget {
  isEditing = false;
  isDrawing = false;
  selected = -1;
  #boxes = [];
  #drag = null;

  constructor(frame, { names, colours }) {
    super();
    [this.frame, this.names, this.colours] = [frame, names, colours];
    this.svg = draw("svg", { preserveAspectRatio: "none" });
    frame.addEventListener("pointerdown", event => this.#down(event));
    frame.addEventListener("pointermove", event => this.#move(event));
    frame.addEventListener("pointerup", () => this.#up());
    frame.addEventListener("pointercancel", () => { this.#drag = null; this.render(); });
  }

  show(evidence) {
    [this.isEditing, this.isDrawing, this.selected, this.#drag] = [false, false, -1, null];
    [this.width, this.height] = [evidence.width, evidence.height];
    this.#boxes = evidence.boxes.map(({ category, score, box }) => ({ category, score, box: [...box] }));
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.render();
  }
  edit(category) {
    [this.isEditing, this.brush, this.selected] = [true, category, this.#boxes.length ? 0 : -1];
    this.render();
  }
  get drawn() { return this.#boxes.map(({ category, box }) => ({ category, box: box.map(value => Math.round(value * 10) / 10) })); }
  get category() { return this.#boxes[this.selected]?.category ?? this.brush; }

  setCategory(category) {
    this.brush = category;
    if (this.#boxes[this.selected]) Object.assign(this.#boxes[this.selected], { category, score: 1 });
    this.render();
  }
  remove() {
    if (this.selected < 0) return;
    this.#boxes.splice(this.selected, 1);
    this.selected = Math.min(this.selected, this.#boxes.length - 1);
    this.render();
  }
  /** Lets a box be drawn with the pointer; by keyboard, one is put into the middle. */
  add(isByKeyboard) {
    if (!isByKeyboard) { this.isDrawing = !this.isDrawing; this.render(); return; }
    this.#push([this.width * .35, this.height * .35, this.width * .65, this.height * .65]);
  }
  selectNext() {
    if (this.#boxes.length) this.selected = (this.selected + 1) % this.#boxes.length;
    this.render();
  }
  nudge(across, down, isResizing) {
    const box = this.#boxes[this.selected]?.box;
    if (!box) return;
    const [dx, dy] = [across * this.width / STEP, down * this.height / STEP];
    if (isResizing) {
      box[2] = Math.max(box[0] + LEAST, within(box[2] + dx, this.width));
      box[3] = Math.max(box[1] + LEAST, within(box[3] + dy, this.height));
    } else this.#boxes[this.selected].box = this.#moved(box, dx, dy);
    this.render();
  }
  #moved([x1, y1, x2, y2], dx, dy) {
    const across = Math.min(this.width - x2, Math.max(-x1, dx)), down = Math.min(this.height - y2, Math.max(-y1, dy));
    return [x1 + across, y1 + down, x2 + across, y2 + down];
  }
  #push(box) {
    this.#boxes.push({ category: this.brush, score: 1, box });
    [this.selected, this.isDrawing] = [this.#boxes.length - 1, false];
    this.render();
  }

  render() {
    const unit = this.width / (this.frame.clientWidth || this.width);
    this.svg.setAttribute("class", this.isEditing ? `boxes editing${this.isDrawing ? " drawing" : ""}` : "boxes");
    const items = this.#boxes.map(({ category, score, box }, index) => this.#item(category, score, box, index, unit));
    const { box } = this.#drag?.box ? this.#drag : {};
    if (box) items.push(this.#rectangle(box, this.colours[this.brush], "line"));
    this.svg.replaceChildren(...items);
    this.dispatchEvent(new Event("change"));
  }
  #item(category, score, box, index, unit) {
    const colour = this.colours[category] ?? "#455a64", isSelected = this.isEditing && index === this.selected;
    const group = draw("g", { class: isSelected ? "selected" : "" });
    const label = draw("text", { x: box[0] + 4 * unit, y: Math.max(box[1] - 5 * unit, 14 * unit), "font-size": 13 * unit, "stroke-width": 4 * unit, stroke: colour });
    label.textContent = `${this.names[category] ?? category}${score < 1 ? ` ${Math.round(100 * score)}%` : ""}`;
    group.append(this.#rectangle(box, "#fff", "rim"), this.#rectangle(box, colour, "line"), label);
    if (!this.isEditing) return group;
    const hit = this.#rectangle(box, "none", "hit");
    hit.dataset.index = index;
    group.append(hit);
    if (isSelected) [[0, 1], [2, 1], [0, 3], [2, 3]].forEach(([x, y]) => {
      const handle = draw("circle", { cx: box[x], cy: box[y], r: 9 * unit, fill: colour, stroke: "#fff", "stroke-width": 2 * unit });
      handle.dataset.corner = `${x}${y}`;
      group.append(handle);
    });
    return group;
  }
  #rectangle([x1, y1, x2, y2], stroke, kind) {
    return draw("rect", { x: x1, y: y1, width: x2 - x1, height: y2 - y1, stroke, class: kind });
  }

  #point(event) {
    const { left, top, width, height } = this.frame.getBoundingClientRect();
    return [within((event.clientX - left) / width * this.width, this.width), within((event.clientY - top) / height * this.height, this.height)];
  }
  #down(event) {
    if (!this.isEditing || !event.isPrimary || event.button) return;
    const { corner, index } = event.target.dataset, start = this.#point(event);
    if (this.isDrawing) this.#drag = { start, box: [...start, ...start] };
    else if (corner) this.#drag = { start, corner, from: [...this.#boxes[this.selected].box] };
    else if (index !== undefined) {
      this.selected = Number(index);
      this.#drag = { start, from: [...this.#boxes[this.selected].box] };
    } else { this.selected = -1; this.render(); return; }
    this.frame.setPointerCapture(event.pointerId);
    event.preventDefault();
    this.render();
  }
  #move(event) {
    if (!this.#drag) return;
    const [x, y] = this.#point(event), { start, from, corner } = this.#drag;
    if (this.#drag.box) this.#drag.box = ordered([...start, x, y]);
    else if (corner) {
      const box = [...from];
      [box[corner[0]], box[corner[1]]] = [x, y];
      this.#boxes[this.selected].box = ordered(box);
    } else this.#boxes[this.selected].box = this.#moved(from, x - start[0], y - start[1]);
    this.render();
  }
  #up() {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    const [x1, y1, x2, y2] = drag.box ?? this.#boxes[this.selected].box, isEnough = x2 - x1 >= LEAST && y2 - y1 >= LEAST;
    if (drag.box && isEnough) this.#push(drag.box);
    else if (!drag.box && !isEnough) this.#boxes[this.selected].box = drag.from;
    this.render();
  }
}
