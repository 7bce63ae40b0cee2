// The part of the page that a call changes, as the server tells it while it goes on. Without this the page has a link to load it anew.
const part = document.getElementById("live");
const refresh = document.getElementById("refresh");
const standing = document.getElementById("standing");
const source = new EventSource(part.dataset.source);

source.addEventListener("open", () => { refresh.hidden = true; });
// it comes back by itself, unless it is closed
source.addEventListener("error", () => { refresh.hidden = false; });
source.addEventListener("part", (event) => {
  if (event.lastEventId === part.dataset.version) return;
  part.dataset.version = event.lastEventId;
  const before = told();
  const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  part.innerHTML = event.data;
  if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  // who does not see the page hears how the calls stand, and not all of it again
  if (told() !== before) standing.textContent = told();
});
source.addEventListener("end", () => {
  source.close();
  refresh.hidden = false;
});

function told() {
  return Array.from(part.querySelectorAll(".standing"), (each) => each.textContent).join(" ");
}
