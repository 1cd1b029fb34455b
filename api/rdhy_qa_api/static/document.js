// A citation may cover several sentences, or a part of one. Where no element has just its range, light all that it touches.
"use strict";

function light() {
  for (const element of document.querySelectorAll(".lit")) element.classList.remove("lit");
  const range = /^#c(\d+)-(\d+)$/.exec(location.hash);
  if (!range || document.getElementById(location.hash.slice(1))) return;
  const touched = [...document.querySelectorAll("span[id^=c]")].filter((element) => {
    const [start, end] = element.id.slice(1).split("-").map(Number);
    return start < Number(range[2]) && end > Number(range[1]);
  });
  for (const element of touched) element.classList.add("lit");
  if (touched.length) touched[0].scrollIntoView({ block: "center" });
}

addEventListener("hashchange", light);
light();
