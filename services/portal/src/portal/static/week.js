// Windows on the week are moved and stretched by a mouse or a pen, and by the arrow keys. What comes of it is sent by the form of the
// window, with all that this holds; what is refused is told there. Without this, and by touch, each block is a link to that form.
const STEP = 15, EDGE = 6, SHORTEST = 20, A_DAY = 24 * 60;
const days = [...document.querySelectorAll(".week svg[data-day]")];
const told = document.getElementById("week-told");
const shown = new Intl.DateTimeFormat(days[0].closest(".week").dataset.locale, { timeStyle: "short", timeZone: "UTC" });
let held = null;

const minutes = (clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
const clock = (minute) => new Date(minute * 60_000).toISOString().slice(11, 16);
const weekday = (day) => new Date(`${day.dataset.day}T00:00Z`).getUTCDay() || 7;
const between = (least, value, most) => Math.max(least, Math.min(value, most));

class Held {
  constructor(block) {
    this.block = block;
    this.home = this.day = block.parentNode;
    this.starts = this.started = minutes(block.dataset.starts);
    this.ends = this.ended = minutes(block.dataset.ends) || A_DAY;
    const [rect, text] = block.children;
    this.places = [rect.getAttribute("x"), rect.getAttribute("width"), text?.getAttribute("x")];
    this.label = text?.textContent;
    this.first = Number(this.home.dataset.first);
    this.last = this.first + Number(this.home.dataset.minutes);
  }

  get changed() {
    return this.day !== this.home || this.starts !== this.started || this.ends !== this.ended;
  }

  move(starts, day) {
    const length = this.ends - this.starts, within = between(this.first, starts, this.last - length);
    this.draw(day, within, within + length);
  }

  stretch(edge, at) {
    if (edge === "starts") this.draw(this.day, between(this.first, at, this.ends - STEP), this.ends);
    else this.draw(this.day, this.starts, between(this.starts + STEP, at, this.last));
  }

  reset() {
    this.draw(this.home, this.started, this.ended);
    told.textContent = "";
  }

  draw(day, starts, ends) {
    [this.day, this.starts, this.ends] = [day, starts, ends];
    const [rect, text] = this.block.children;
    const scale = day.getAttribute("height") / day.dataset.minutes;
    const [x, width, middle] = day === this.home ? this.places : ["1%", "98%", "50%"];
    const top = (starts - this.first) * scale, height = Math.max(SHORTEST, ends - starts) * scale;
    Object.entries({ x, width, y: top + 1, height: height - 2 }).forEach(([name, value]) => rect.setAttribute(name, value));
    if (text) {
      text.setAttribute("x", middle);
      text.setAttribute("y", top + height / 2);
      text.textContent = starts === this.started ? this.label : shown.format(starts * 60_000);
    }
    if (this.block.parentNode !== day) {
      day.append(this.block);
      this.block.focus();
    }
    this.block.classList.toggle("held", this.changed);
    told.textContent = `${day.dataset.name}, ${shown.formatRange(starts * 60_000, ends * 60_000)}`;
  }

  async send() {
    const link = this.block.getAttribute("href");
    const page = await fetch(link).then((answer) => answer.text(), () => "");
    const form = new DOMParser().parseFromString(page, "text/html").getElementById("window-form");
    if (form === null) {
      location.assign(link);
      return;
    }
    form.elements.starts_at.value = clock(this.starts);
    form.elements.ends_at.value = clock(this.ends);
    form.elements.date.value = this.day.dataset.day;
    if (this.day !== this.home) {
      form.querySelector(`[name="weekdays"][value="${weekday(this.home)}"]`).checked = false;
      form.querySelector(`[name="weekdays"][value="${weekday(this.day)}"]`).checked = true;
    }
    form.hidden = true;
    document.body.append(form);
    form.submit();
  }
}

function hold(block) {
  if (held?.block === block) return held;
  held?.reset();
  held = new Held(block);
  return held;
}

function blockOf(event) {
  return event.target.closest?.(".block[data-starts]") ?? null;
}

function edgeOf(block, y) {
  const box = block.firstElementChild.getBoundingClientRect();
  if (box.height < 4 * EDGE) return null;
  if (y - box.top < EDGE) return "starts";
  return box.bottom - y < EDGE ? "ends" : null;
}

document.addEventListener("pointerdown", (down) => {
  const block = blockOf(down);
  if (block === null || down.pointerType === "touch" || down.button !== 0) return;
  const mine = hold(block), edge = edgeOf(block, down.clientY), from = mine[edge ?? "starts"];
  const aMinute = mine.home.getBoundingClientRect().height / mine.home.dataset.minutes;
  const dragging = new AbortController(), { signal } = dragging;
  document.addEventListener("pointermove", (move) => {
    const at = from + Math.round((move.clientY - down.clientY) / aMinute / STEP) * STEP;
    const under = days.find((day) => move.clientX < day.getBoundingClientRect().right) ?? days.at(-1);
    if (edge === null) mine.move(at, under);
    else mine.stretch(edge, at);
  }, { signal });
  document.addEventListener("pointerup", () => {
    dragging.abort();
    if (mine.changed) mine.send();
  }, { signal });
  document.addEventListener("pointercancel", () => {
    dragging.abort();
    mine.reset();
  }, { signal });
});

document.addEventListener("pointermove", (move) => {
  const block = blockOf(move);
  block?.classList.toggle("edge", edgeOf(block, move.clientY) !== null);
});
// what was dragged is neither a link that is followed nor one that is dropped elsewhere
document.addEventListener("click", (click) => {
  if (held?.changed && blockOf(click) === held.block) click.preventDefault();
});
document.addEventListener("dragstart", (drag) => {
  if (blockOf(drag) !== null) drag.preventDefault();
});

document.addEventListener("keydown", (key) => {
  const block = blockOf(key);
  if (block === null || key.ctrlKey || key.altKey || key.metaKey) return;
  const mine = hold(block);
  const later = { ArrowUp: -STEP, ArrowDown: STEP }[key.key], across = { ArrowLeft: -1, ArrowRight: 1 }[key.key];
  if (key.key === "Enter" && mine.changed) mine.send();
  else if (key.key === "Escape" && mine.changed) mine.reset();
  else if (later && key.shiftKey) mine.stretch("ends", mine.ends + later);
  else if (later) mine.move(mine.starts + later, mine.day);
  else if (across && !key.shiftKey) mine.move(mine.starts, days[between(0, days.indexOf(mine.day) + across, 6)]);
  else return;
  key.preventDefault();
});

document.getElementById("week-help").hidden = false;
