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

  // Keys: "/" finds a member; elements may name a key of their own.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || areOff()) return;
    if (event.target.matches("input, textarea, select")) return;
    if (event.key === "/") {
      const find = document.querySelector(".find input");
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

  // The day or month of a field in words, in the page's language: the browser shows it in its own.
  const language = document.documentElement.lang;
  const ways = {
    date: new Intl.DateTimeFormat(language, { dateStyle: "full", timeZone: "UTC" }),
    month: new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" }),
  };
  const inWords = (field) => {
    const words = document.querySelector(`output[for="${CSS.escape(field.id)}"]`);
    if (!words || !ways[field.type]) return;
    const day = new Date(field.type === "month" ? `${field.value}-01` : field.value);
    const text = field.value && !isNaN(day) ? ways[field.type].format(day) : "";
    if (words.textContent !== text) words.textContent = text;
  };
  document.addEventListener("input", (event) => { if (event.target.matches("input[type=date], input[type=month]")) inWords(event.target); });

  // Long work is read out when it has come a step further, not with each look at it.
  const say = () => {
    const work = document.getElementById("work"), said = document.getElementById("work-said");
    if (work && said && said.textContent !== work.dataset.say) said.textContent = work.dataset.say;
  };
  document.addEventListener("htmx:afterSettle", say);
  say();

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });
})();
