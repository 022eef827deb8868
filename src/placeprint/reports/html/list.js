"use strict";
(() => {
  const list = document.querySelector("ol.list"), form = document.querySelector("form.controls");
  if (!list || !form) return;
  const field = (id) => document.getElementById(id);
  const rows = [...list.children].map((item, number) => ({
    item, number,
    status: item.dataset.status,
    confidence: Number(item.dataset.confidence),
    name: item.dataset.name,
    words: item.querySelector(".row").textContent.toLowerCase(),
  }));
  const orders = {
    number: (a, b) => a.number - b.number,
    surest: (a, b) => b.confidence - a.confidence || a.number - b.number,
    doubtful: (a, b) => a.confidence - b.confidence || a.number - b.number,
    name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }) || a.number - b.number,
    status: (a, b) => a.status.localeCompare(b.status) || a.number - b.number,
  };
  let order = "number";
  const update = () => {
    const text = field("text").value.trim().toLowerCase(), status = field("status").value;
    const least = Number(field("least").value) || 0;
    let shown = 0;
    for (const row of rows) {
      const fits = (!status || row.status === status) && row.confidence >= least && row.words.includes(text);
      row.item.hidden = !fits;
      shown += fits;
    }
    if (field("order").value !== order) {
      order = field("order").value;
      list.append(...[...rows].sort(orders[order]).map((row) => row.item));
    }
    field("shown").textContent = `${shown} of ${rows.length} photos`;
  };
  const open = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  // What a row unfolds is in <noscript>: with scripts it is plain text until it is wanted, so that a page of
  // thousands of photos opens at once; without scripts it is simply there.
  const unfold = (details) => {
    const kept = details.querySelector("noscript");
    if (!details.open || !kept) return;
    const body = document.createElement("div");
    body.innerHTML = kept.textContent;
    kept.replaceWith(body);
  };
  list.addEventListener("toggle", (event) => unfold(event.target), true);
  addEventListener("beforeprint", () => list.querySelectorAll("details[open]").forEach(unfold));
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", open);
  form.hidden = false;
  update();
  open();
})();
