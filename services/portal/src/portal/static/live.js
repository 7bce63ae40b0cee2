// The part of the page that a call changes, as the server tells it while it goes on. Without this the page has a link to load it anew.
const part = document.getElementById("live");
const refresh = document.getElementById("refresh");
const source = new EventSource(part.dataset.source);

source.addEventListener("open", () => { refresh.hidden = true; });
// it comes back by itself, unless it is closed
source.addEventListener("error", () => { refresh.hidden = false; });
source.addEventListener("part", (event) => {
  if (event.lastEventId === part.dataset.version) return;
  part.dataset.version = event.lastEventId;
  part.innerHTML = event.data;
});
source.addEventListener("end", () => {
  source.close();
  refresh.hidden = false;
});
