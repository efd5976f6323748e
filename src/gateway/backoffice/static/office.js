// Comfort alone: every page works without this file.
"use strict";
(() => {
  // Somebody who had to log in again goes on by herself.
  const resume = document.querySelector("form[data-go-on]");
  if (resume) resume.submit();

  // The faults of a form are read out and reached first.
  const faults = document.getElementById("faults");
  if (faults) faults.focus();

  // A form is sent once: the second click waits for the first.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-busy", "true");
  });
  // A page that comes back from the browser's memory may be sent again; the server knows whether it was.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
    }
  });

  // Who dictates, or rests a hand on the keys, switches the keys of one letter off; this browser remembers it.
  const keys = document.querySelector("[data-keys]");
  const areOff = () => localStorage.getItem("keys") === "off";
  const nameKeys = () => { if (keys) { keys.textContent = areOff() ? keys.dataset.on : keys.dataset.off; keys.hidden = false; } };
  if (keys) keys.addEventListener("click", () => { localStorage.setItem("keys", areOff() ? "on" : "off"); nameKeys(); });
  nameKeys();

  // Keys: "/" finds a member, at a counter whoever comes next; elements may name a key of their own.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || areOff()) return;
    if (event.target.matches("input, textarea, select")) return;
    if (event.key === "/") {
      const find = document.querySelector(".big-find input") || document.querySelector(".find input");
      if (find) { event.preventDefault(); find.focus(); }
      return;
    }
    const wanted = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!wanted) return;
    event.preventDefault();
    if (wanted.matches("input, select, textarea")) wanted.focus(); else wanted.click();
    // What is written after it: the hand goes on typing there.
    const then = document.getElementById(wanted.dataset.then);
    if (then) then.focus();
  });

  // A day or month is typed as people type it, and said beside its field in words of the page's language; read as the server
  // reads it (frame/days.py), but for months written in letters, which it says when the page comes back.
  const language = document.documentElement.lang;
  const ways = {
    date: new Intl.DateTimeFormat(language, { dateStyle: "full", timeZone: "UTC" }),
    month: new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" }),
  };
  const two = (number) => String(number).padStart(2, "0");
  // After a day and its time: 18:30, 18h30, 6:30 p. m.
  const clock = /^(.+?)(?:\s*,\s*|\s+|T)(\d{1,2})[:h.](\d{2})(:\d{2}(?:\.\d{1,6})?)?(?:\s*([ap])\.?\s?m\.?)?$/i;
  const timeOf = (field) => {
    const found = clock.exec(field.value.trim());
    if (!found) return null;
    let hour = Number(found[2]);
    if (found[5]) hour = hour < 1 || hour > 12 ? 24 : (hour % 12) + (found[5].toLowerCase() === "p" ? 12 : 0);
    const inTime = hour < 24 && Number(found[3]) < 60 && !(found[4] && Number(found[4].slice(1, 3)) > 59);
    return inTime ? { day: found[1], text: `${two(hour)}:${found[3]}`, more: found[4] || "" } : null;
  };
  const partsOf = (field) => {
    let text = field.value.trim(), found;
    if (field.dataset.typed === "instant") {
      const time = timeOf(field);
      if (!time) return null;
      text = time.day.trim();
    }
    if (field.dataset.typed === "month") {
      if ((found = /^(\d{4})[-/. ](\d{1,2})$/.exec(text))) return [found[1], found[2], 1];
      return (found = /^(\d{1,2})[-/. ]?(\d{4}|\d{2})$/.exec(text)) && [found[2], found[1], 1];
    }
    if ((found = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text))) return found.slice(1);
    if ((found = /^(\d{2})(\d{2})(\d{4}|\d{2})$/.exec(text))) return found.slice(1).reverse();
    return (found = /^(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})$/.exec(text)) && [found[4], found[3], found[1]];
  };
  const dayOf = (field) => {
    const parts = partsOf(field);
    if (!parts) return null;
    const latest = Number(field.dataset.latest.slice(0, 4)), century = latest - (latest % 100);
    let [year, month, day] = parts.map(Number);
    if (parts[0].length === 2) year += century + year <= latest ? century : century - 100;
    const made = new Date(Date.UTC(year, month - 1, day));
    return year >= 1900 && made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? made : null;
  };
  const inWords = (field) => {
    const words = document.querySelector(`output[for="${CSS.escape(field.id)}"]`), day = dayOf(field);
    const isTimed = field.dataset.typed === "instant";
    const text = day ? ways[isTimed ? "date" : field.dataset.typed].format(day) + (isTimed ? `, ${timeOf(field).text}` : "") : "";
    if (words && words.textContent !== text) words.textContent = text;
  };
  document.addEventListener("input", (event) => { if (event.target.matches("[data-typed]")) inWords(event.target); });
  // What was typed in short stands there whole once the field is left.
  document.addEventListener("change", (event) => {
    const field = event.target, day = field.matches("[data-typed]") && dayOf(field);
    if (!day) return;
    const month = `${two(day.getUTCMonth() + 1)}/${day.getUTCFullYear()}`;
    const time = field.dataset.typed === "instant" ? timeOf(field) : null;
    field.value = field.dataset.typed === "month" ? month : `${two(day.getUTCDate())}/${month}${time ? ` ${time.text}${time.more}` : ""}`;
  }, true);

  // A finger chooses the day in the telephone's own calendar; whoever types never meets it.
  if ("showPicker" in HTMLInputElement.prototype) {
    for (const button of document.querySelectorAll("[data-pick]")) {
      const field = document.getElementById(button.dataset.pick), calendar = document.createElement("input");
      Object.assign(calendar, { type: "date", tabIndex: -1, className: "calendar" });
      calendar.setAttribute("aria-hidden", "true");
      button.after(calendar);
      button.hidden = false;
      button.addEventListener("click", () => {
        const day = dayOf(field);
        calendar.value = day ? day.toISOString().slice(0, 10) : "";
        calendar.showPicker();
      });
      calendar.addEventListener("change", (event) => {
        event.stopPropagation();
        field.value = calendar.value;
        for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
      });
    }
  }

  // Long work is read out when it has come a step further, not with each look at it.
  const say = () => {
    const work = document.getElementById("work"), said = document.getElementById("work-said");
    if (work && said && said.textContent !== work.dataset.say) said.textContent = work.dataset.say;
  };
  document.addEventListener("htmx:afterSettle", say);
  say();
  // Whoever is on the way to another page gets there: the end of the work does not call them back. What only fetched a
  // file stays on this page, which asks again a second later and so finds the end after a while.
  let leftAt = -Infinity;
  addEventListener("beforeunload", () => { leftAt = performance.now(); });
  addEventListener("pageshow", () => { leftAt = -Infinity; });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Refresh") && performance.now() - leftAt < 10000) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });
})();
