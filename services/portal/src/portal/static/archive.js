// Tells how far an export is, and an import. Without this the browser tells it, as for any file.

const say = (form, part, done, all) => {
  const bar = form.querySelector("progress");
  bar.hidden = false;
  if (all) { bar.max = all; bar.value = done; } else bar.removeAttribute("value");
  const text = form.querySelector("[role=status]");
  if (part) text.textContent = text.dataset[part].replace("{done}", done).replace("{all}", all);
};

// each entry's folder in the file has one entry.json, whose name stands in clear before its content
const ENTRY = "/entry.json";

async function exported(form) {
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (!answer.ok) throw new Error(answer.status);
  const all = Number(answer.headers.get("x-daybook-entries"));
  const pieces = [];
  let done = 0, rest = "";
  const latin = new TextDecoder("latin1");
  for (const reader = answer.body.getReader(); ;) {
    const { done: ended, value } = await reader.read();
    if (ended) break;
    pieces.push(value);
    const text = rest + latin.decode(value);
    done = Math.min(all, done + text.split(ENTRY).length - 1);
    rest = text.slice(-ENTRY.length + 1);
    say(form, "going", done, all);
  }
  const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))[1];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(pieces, { type: "application/zip" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  say(form, "done", all, all);
}

for (const form of document.querySelectorAll("form[data-export]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    say(form, "", 0, 0);
    exported(form).catch(() => say(form, "failed", 0, 1)).finally(() => { button.disabled = false; });
  });
}

const MEGABYTE = 1024 * 1024;
const megabytes = (bytes) => Math.ceil(bytes / MEGABYTE);

function sent(form) {
  const request = new XMLHttpRequest(); // fetch does not tell how much is sent
  request.open("POST", form.action);
  request.responseType = "document";
  request.upload.addEventListener("progress", (event) => say(form, "going", megabytes(event.loaded), megabytes(event.total)));
  request.upload.addEventListener("load", () => { say(form, "done", 1, 1); form.querySelector("progress").removeAttribute("value"); });
  const failed = () => { say(form, "failed", 0, 1); form.querySelector("button").disabled = false; };
  request.addEventListener("error", failed);
  request.addEventListener("load", () => {
    const told = request.responseXML && request.responseXML.querySelector("main");
    if (!told) { failed(); return; }
    document.title = request.responseXML.title;
    document.querySelector("main").replaceWith(told);
    const heading = told.querySelector("h1");
    heading.tabIndex = -1;
    heading.focus();
    ready();
  });
  request.send(new FormData(form));
}

function ready() {
  for (const form of document.querySelectorAll("form[data-import]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const most = Number(form.dataset.import);
      if (form.querySelector("input[type=file]").files[0].size > most * MEGABYTE) { say(form, "large", 0, most); return; }
      form.querySelector("button").disabled = true;
      sent(form);
    });
  }
}
ready();
