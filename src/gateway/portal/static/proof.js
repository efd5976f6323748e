// Checks a member's proof in the browser: what verify_proof.py does, in the same order, with the same verdicts. It asks nobody
// for anything but the proof itself, and works from files on a page that was saved. The sentences stand in the page.
"use strict";

(() => {
const HERE = document.currentScript.src;
const TREE_OF = {
  receipt: ["books", "seal"], placed: ["books", "seal"], taken_back: ["books", "seal"],
  line: ["filing", "filing"], sealed: ["filing", "filing"],
  answer: ["answer", "filing"], answered: ["answer", "filing"],
};

class Verdict extends Error {
  // status 1: something does not hold; 2: it cannot be checked.
  constructor(status, sentence, values) {
    super(sentence);
    Object.assign(this, { status, sentence, values: values || {} });
  }
}
const wrong = (sentence, values) => new Verdict(1, sentence, values);
const unusable = (sentence, values) => new Verdict(2, sentence || "unusable", values);
const must = (holds) => { if (!holds) { throw unusable(); } };

const bytesOf = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
const same = (one, other) => !!one && hex(one) === hex(other);

function base64(text, length) {
  must(typeof text === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0);
  const found = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  must(length === undefined || found.length === length);
  return found;
}

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
}

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const leafHash = (text) => sha256(joined(Uint8Array.of(0), bytesOf(text)));
const node = (left, right) => sha256(joined(Uint8Array.of(1), left, right));
const half = (number) => Math.floor(number / 2);

// RFC 9162, 2.1.3.2
async function rootByInclusion(hashed, index, size, path) {
  if (!(Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size)) { return null; }
  let here = index, last = size - 1;
  for (const step of path) {
    if (last === 0) { return null; }
    if (here % 2 || here === last) {
      hashed = await node(step, hashed);
      while (here % 2 === 0 && here) { here = half(here); last = half(last); }
    } else {
      hashed = await node(hashed, step);
    }
    here = half(here); last = half(last);
  }
  return last === 0 ? hashed : null;
}

function isPowerOfTwo(number) {
  while (number % 2 === 0) { number = half(number); }
  return number === 1;
}

// RFC 9162, 2.1.4.2
async function isConsistent(old, size, oldRoot, root, path) {
  if (!(old > 0 && old < size)) { return false; }
  const steps = isPowerOfTwo(old) ? [oldRoot, ...path] : path;
  if (!steps.length) { return false; }
  let here = old - 1, last = size - 1;
  while (here % 2) { here = half(here); last = half(last); }
  let first = steps[0], second = steps[0];
  for (const step of steps.slice(1)) {
    if (last === 0) { return false; }
    if (here % 2 || here === last) {
      first = await node(step, first);
      second = await node(step, second);
      while (here % 2 === 0 && here) { here = half(here); last = half(last); }
    } else {
      second = await node(second, step);
    }
    here = half(here); last = half(last);
  }
  return last === 0 && same(first, oldRoot) && same(second, root);
}

function load(name) {
  return new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = new URL(name, HERE).href;
    script.onload = loaded;
    script.onerror = () => failed(unusable("no_crypto"));
    document.head.append(script);
  });
}

async function signatureHolds(key, message, signature) {
  let known;
  try {
    known = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch (unknown) {
    if (!globalThis.nobleEd25519) { await load("ed25519.js"); }
    try {
      return await globalThis.nobleEd25519.verifyAsync(signature, message, key, { zip215: false });
    } catch (broken) {
      return false;
    }
  }
  return crypto.subtle.verify("Ed25519", known, signature, message);
}

// C2SP signed-note and tlog-checkpoint
function readHead(note) {
  must(typeof note === "string");
  const at = note.lastIndexOf("\n\n");
  must(at > 0 && note.endsWith("\n"));
  const text = note.slice(0, at + 1), told = text.split("\n");
  const signatures = note.slice(at + 2, -1).split("\n").map((line) => {
    const [dash, name, encoded, more] = line.split(" ");
    must(dash === "\u2014" && name && more === undefined);
    const raw = base64(encoded);
    must(raw.length > 4);
    return { name, called: hex(raw.slice(0, 4)), signature: raw.slice(4) };
  });
  const size = Number(told[1]);
  must(told[0] && /^[1-9][0-9]*$/.test(told[1]) && Number.isSafeInteger(size));
  return { origin: told[0], size, root: base64(told[2], 32), text: bytesOf(text), signatures };
}

const keyHash = async (name, key) => hex((await sha256(joined(bytesOf(name + "\n"), Uint8Array.of(1), key))).slice(0, 4));

async function readKeys(given) {
  const found = [];
  for (const text of given.split(/\s+/).filter(Boolean)) {
    try {
      if (text.length === 44) { found.push(base64(text, 32)); continue; }
      const [name, hashed] = text.split("+", 2), raw = base64(text.slice(name.length + hashed.length + 2), 33);
      must(raw[0] === 1 && (await keyHash(name, raw.slice(1))) === hashed);
      found.push(raw.slice(1));
    } catch (broken) {
      throw unusable("bad_key");
    }
  }
  if (!found.length) { throw unusable("bad_key"); }
  return found;
}

async function checkSigned(head, keys) {
  let count = 0;
  for (const key of keys) {
    const called = await keyHash(head.origin, key);
    for (const one of head.signatures) {
      if (one.name === head.origin && one.called === called) {
        if (one.signature.length !== 64 || !(await signatureHolds(key, head.text, one.signature))) {
          throw wrong("head_signature");
        }
        count += 1;
      }
    }
  }
  if (!count) { throw wrong("head_unsigned"); }
}

function texts(text) {
  const told = JSON.parse(text);
  const ordered = Object.fromEntries(Object.keys(told).sort().map((key) => [key, told[key]]));
  must(JSON.stringify(ordered) === text);
  must(Object.values(told).every((value) => typeof value === "string" || Number.isSafeInteger(value)));
  return told;
}

const pathOf = (given) => { must(Array.isArray(given)); return given.map((step) => base64(step, 32)); };

async function checkPart(part, at, head, mutual) {
  const leaf = texts(part.leaf), entry = texts(part.entry);
  must(leaf.form === "gateway.leaf.1" && entry.form === "gateway.entry.1" && String(leaf.salt).length === 64);
  must(Object.prototype.hasOwnProperty.call(TREE_OF, leaf.kind));
  must(Number.isSafeInteger(part.index) && Number.isSafeInteger(part.entry_index));
  const [tree, alike] = TREE_OF[leaf.kind];
  if (leaf.mutual !== mutual || entry.mutual !== mutual || entry.kind !== tree || leaf[alike] !== entry[alike]) {
    throw wrong("misfit", { at });
  }
  const root = await rootByInclusion(await leafHash(part.leaf), part.index, entry.leaves, pathOf(part.path));
  if (!same(root, base64(entry.root, 32))) { throw wrong("leaf", { at }); }
  const top = await rootByInclusion(await leafHash(part.entry), part.entry_index, head.size, pathOf(part.entry_path));
  if (!same(top, head.root)) { throw wrong("entry", { at }); }
  return leaf;
}

function units(text) {
  const found = /^([0-9]+)(?:\.([0-9]{1,6}))?$/.exec(String(text).trim());
  must(found);
  return BigInt(found[1] + (found[2] || "").padEnd(6, "0"));
}

const isMoney = (leaf) => leaf.kind === "receipt" || leaf.kind === "placed";

function checkReceipt(leaves, told, asked) {
  const number = asked.receipt ? asked.receipt.replace(/\s/g, "").toUpperCase() : told.about.receipt;
  const money = leaves.filter((leaf) => isMoney(leaf) || leaf.kind === "taken_back");
  const lines = new Map(money.filter(isMoney).map((leaf) => [leaf.line, leaf.amount]));
  if (!lines.size || money.some((leaf) => leaf.receipt !== number) || told.about.receipt !== number) {
    throw wrong("receipt", { at: number });
  }
  let total = 0n;
  for (const amount of lines.values()) { total += units(amount); }
  for (const said of [told.about.amount, asked.amount]) {
    if (said && units(said) !== total) {
      const places = (money[0].amount.split(".")[1] || "").length, whole = String(total).padStart(7, "0");
      const amount = whole.slice(0, -6) + (places ? "." + whole.slice(-6).slice(0, places) : "");
      throw wrong("amount", { at: said, amount });
    }
  }
  for (const leaf of money) {
    if (told.about.currency && told.about.currency !== leaf.currency) {
      throw wrong("amount", { at: String(told.about.currency), amount: leaf.currency });
    }
  }
  checkUsed(leaves, told.used, total);
}

const placeOf = (one) => one.filing + "/" + one.line;

function checkUsed(leaves, used, left) {
  const own = new Map(leaves.filter((leaf) => leaf.kind === "line").map((leaf) => [placeOf(leaf), units(leaf.own)]));
  const refused = new Set(leaves.filter((l) => l.kind === "answer" && l.status === "rejected").map(placeOf));
  for (const one of used) {
    // Nothing of this is signed, and it is shown: it may not look like anything else.
    must(Number.isSafeInteger(one.filing) && Number.isSafeInteger(one.line) && /^[0-9]{4}-[0-9]{2}$/.test(one.period));
    must(/^[0-9]{1,18}(\.[0-9]{1,6})?$/.test(one.amount));
    const part = units(one.amount);
    if (!refused.has(placeOf(one))) { left -= part; }
    if (part <= 0n || left < 0n || (own.has(placeOf(one)) && part > own.get(placeOf(one)))) {
      throw wrong("used", { at: one.line });
    }
  }
}

async function checkKeptSigned(kept, keys) {
  try {
    await checkSigned(kept, keys);
  } catch (found) {
    throw unusable("kept_unsigned");
  }
}

async function checkKept(head, kept, consistency) {
  const values = { old: kept.size, n: head.size };
  if (kept.origin !== head.origin) { throw wrong("other_log"); }
  if (kept.size > head.size) { throw wrong("log_shorter", values); }
  if (kept.size === head.size) {
    if (!same(kept.root, head.root)) { throw wrong("log_fork", values); }
    return;
  }
  if (!consistency || consistency.from !== kept.size) { throw unusable("consistency", values); }
  if (!(await isConsistent(kept.size, head.size, kept.root, head.root, pathOf(consistency.path)))) {
    throw wrong("log_rewritten", values);
  }
}

function sentences(told, leaves, head) {
  const said = [["ok", { n: leaves.length, size: head.size, mutual: told.mutual }]];
  const answers = new Map(leaves.filter((leaf) => leaf.kind === "answer").map((leaf) => [placeOf(leaf), leaf]));
  for (const leaf of leaves) {
    if (isMoney(leaf)) { said.push(["of_receipt", { ...leaf, day: leaf.paid_on || leaf.placed_on }]); }
    if (leaf.kind === "taken_back") { said.push(["of_taken_back", { ...leaf, day: leaf.taken_back_on }]); }
    if (leaf.kind === "line") { said.push(["of_line", leaf]); }
  }
  for (const one of told.used) { said.push(["of_used", one]); }
  const lines = leaves.filter((leaf) => leaf.kind === "line").concat(told.used);
  for (const [place, one] of new Map(lines.map((line) => [placeOf(line), line]))) {
    const answer = answers.get(place);
    const sentence = !answer ? "of_unanswered" : answer.status === "rejected" ? "of_rejected" : "of_accepted";
    said.push([sentence, answer || one]);
  }
  return said;
}

// Returns { status, said: [[sentence, values], …], head }: status 0 all holds, 1 something does not, 2 it cannot be checked.
async function check(text, asked) {
  try {
    if (!globalThis.crypto || !crypto.subtle || typeof BigInt === "undefined") { throw unusable("no_crypto"); }
    const told = JSON.parse(text);
    must(told.format === "gateway.proof.1" && Array.isArray(told.parts) && Array.isArray(told.used) && told.about);
    if (!told.checkpoint || !told.parts.length) {
      throw unusable({ waiting: "waiting", late: "late" }[told.status] || "no_head", { at: told.ready_by });
    }
    const keys = await readKeys(asked.key), head = readHead(told.checkpoint);
    await checkSigned(head, keys);
    if (head.origin.split("/").pop() !== told.mutual) { throw wrong("misfit", { at: 0 }); }
    const leaves = [];
    for (const [place, part] of told.parts.entries()) {
      leaves.push(await checkPart(part, place + 1, head, told.mutual));
    }
    must(new Set(told.parts.map((part) => part.leaf)).size === leaves.length);
    for (const [place, leaf] of leaves.entries()) {
      for (const name of ["filing", "line"].filter((one) => one in leaf && told.about[one] != null)) {
        if (told.about[name] !== leaf[name]) { throw wrong("misfit", { at: place + 1 }); }
      }
    }
    const members = leaves.filter((leaf) => "member" in leaf).map((leaf) => leaf.member);
    if (new Set(members).size > 1) { throw wrong("misfit", { at: members.findIndex((one) => one !== members[0]) + 1 }); }
    if (told.about.receipt || asked.receipt) { checkReceipt(leaves, told, asked); }
    const said = sentences(told, leaves, head);
    if (asked.saved) {
      const kept = readHead(asked.saved.trimStart().startsWith("{") ? JSON.parse(asked.saved).checkpoint : asked.saved);
      if (!asked.isOurs) { await checkKeptSigned(kept, keys); }
      await checkKept(head, kept, told.consistency);
      said.push(["kept", { old: kept.size }]);
    }
    return { status: 0, said, note: told.checkpoint };
  } catch (found) {
    const verdict = found instanceof Verdict ? found : unusable();
    return { status: verdict.status, said: [[verdict.sentence, verdict.values]] };
  }
}

const find = (id) => document.getElementById(id);
const typed = (id) => (find(id) ? find(id).value.trim() : "");
const fileText = async (id) => (find(id) && find(id).files[0] ? find(id).files[0].text() : "");

function sentenceOf(name, values) {
  const known = document.querySelector('#words [data-say="' + name + '"]');
  return (known ? known.textContent : name).replace(/\{(\w+)\}/g, (all, key) => (key in values ? values[key] : all));
}

function show(found) {
  const verdict = find("verdict"), list = find("said");
  verdict.className = "card big " + ["covered", "not_covered", "waiting"][found.status];
  verdict.dataset.status = found.status;
  verdict.textContent = sentenceOf(...found.said[0]);
  verdict.hidden = false;
  list.replaceChildren(...found.said.slice(1).map(([name, values]) => {
    const row = document.createElement("li");
    row.className = "row";
    row.textContent = sentenceOf(name, values);
    return row;
  }));
}

// What was seen last stays on this telephone, so that the log can be held to it; it goes when the log-in ends.
const kept = {
  read(name) { try { return localStorage.getItem("proof." + name) || ""; } catch (none) { return ""; } },
  write(name, value) { try { localStorage.setItem("proof." + name, value); } catch (none) { /* nothing is kept */ } },
};

async function fromServer(source) {
  const page = find("check"), mutual = page.dataset.mutual, earlier = kept.read("head." + mutual);
  let since = "";
  try { since = earlier ? "?since=" + readHead(earlier).size : ""; } catch (broken) { since = ""; }
  let text;
  try {
    text = await (await fetch(source + since, { credentials: "same-origin" })).text();
  } catch (gone) {
    show({ status: 2, said: [["offline", {}]] });
    return;
  }
  const asked = { key: typed("key"), saved: earlier, isOurs: true, receipt: page.dataset.receipt, amount: page.dataset.amount };
  const found = await check(text, asked);
  const known = kept.read("key." + mutual);
  const isKnown = known.split(/\s+/).some((one) => asked.key.split(/\s+/).includes(one));
  if (found.status === 0 && known && !isKnown) { found.said.push(["key_changed", {}]); }
  show(found);
  if (found.status === 0) {
    kept.write("head." + mutual, found.note);
    kept.write("key." + mutual, asked.key);
  }
}

async function fromFiles() {
  const asked = { key: typed("key"), saved: await fileText("saved"), receipt: typed("receipt"), amount: typed("amount") };
  show(await check(await fileText("file"), asked));
}

document.addEventListener("DOMContentLoaded", () => {
  const page = find("check"), source = page && page.dataset.source;
  if (!page) { return; }
  const run = () => (source ? fromServer(source) : fromFiles());
  page.addEventListener("submit", (event) => { event.preventDefault(); run(); });
  if (source) { run(); }
});
})();
