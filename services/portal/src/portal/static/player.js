// The recording beside its words: a click on a sentence plays from there, the one that is heard is marked, and the picture of
// the recording shows where one is, and takes one elsewhere. Without this the player and the links do the same, one at a time.

const audio = document.querySelector("#recording");
const place = document.querySelector("#place");
const turns = [...document.querySelectorAll(".turns li[data-from]")].map((line) => ({
  line, from: Number(line.dataset.from) / 1000, to: Number(line.dataset.to) / 1000,
}));

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function playFrom(seconds) {
  audio.currentTime = seconds;
  audio.play().catch(() => {}); // the browser's own player tells why it cannot
}

function show() {
  const now = audio.currentTime;
  if (place) {
    place.value = now;
    place.setAttribute("aria-valuetext", clock(now));
  }
  const heard = audio.paused && now === 0 ? undefined : turns.findLast((turn) => turn.from <= now && now < turn.to);
  for (const turn of turns) {
    if (turn === heard) turn.line.setAttribute("aria-current", "true");
    else turn.line.removeAttribute("aria-current");
  }
}

if (audio) {
  for (const event of ["timeupdate", "seeked", "play", "pause", "ended"]) audio.addEventListener(event, show);
  for (const turn of turns) {
    turn.line.classList.add("plays");
    turn.line.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if ((link && !link.classList.contains("at")) || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (!link && String(getSelection())) return; // words were marked, to be copied
      event.preventDefault();
      playFrom(turn.from);
    });
  }
  if (place) {
    place.hidden = false;
    place.addEventListener("input", () => { audio.currentTime = Number(place.value); });
  }
}
