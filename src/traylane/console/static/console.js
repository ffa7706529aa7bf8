// The scan field never goes away and never waits: what is scanned while an answer is under way is sent after it.
(function () {
  "use strict";
  const SLOW = 2000;
  const AGAIN = 1000;
  const KEPT = "traylane-scans";
  const waiting = [];
  let sending = false;
  let lastEnter = 0;
  let sound = null;

  const byId = (id) => document.getElementById(id);

  function onTheField(event) {
    const field = event.target;
    if (field.id !== "scan" || (event.key !== "Enter" && event.key !== "Tab") || event.shiftKey) return;
    const text = field.value.trim();
    if (event.key === "Tab" && !text) return;
    event.preventDefault();
    // A reader that presses Enter twice means it once.
    const again = !text && Date.now() - lastEnter < 500;
    lastEnter = Date.now();
    field.value = "";
    if (!again) scan(text);
  }

  function scan(text) {
    waiting.push({ text });
    sendNext();
  }

  // A button's form goes as it stands now; a scan goes with the card that is on show when its turn comes.
  function press(form, button) {
    waiting.push({ action: form.getAttribute("action"), values: Object.fromEntries(new FormData(form, button)) });
    sendNext();
  }

  function complete(next) {
    if (next.values) return;
    const form = byId("scan-form");
    const asked = Array.from(document.querySelectorAll("#asks select, #asks input:checked"), (e) => [e.name, e.value]);
    next.action = form.getAttribute("action");
    next.values = { ...Object.fromEntries(asked), ...Object.fromEntries(new FormData(form)), scan: next.text };
  }

  async function sendNext() {
    if (sending || !waiting.length) return;
    const next = waiting[0];
    if (next.text === "" && byId("scan-form").elements.namedItem("order") === null) {
      waiting.shift();
      sendNext();
      return;
    }
    complete(next);
    sending = true;
    const status = await ask(next);
    sending = false;
    const answered = status !== 0 && status !== 503;
    byId("lost").hidden = answered;
    if (answered) {
      // After a refusal of the door itself the page on show is no base for what was scanned behind it.
      if (status < 400) waiting.shift(); else waiting.length = 0;
      sendNext();
    } else {
      setTimeout(sendNext, AGAIN);
    }
  }

  // The same form with the same key: the service does it once, however often it comes.
  function ask(next) {
    const answer = byId("answer");
    const slow = setTimeout(() => { byId("lost").hidden = false; }, SLOW);
    return new Promise((resolve) => {
      const heard = (event) => {
        if (event.detail.elt !== answer) return;
        document.body.removeEventListener("htmx:afterRequest", heard);
        clearTimeout(slow);
        resolve(event.detail.xhr.status);
      };
      document.body.addEventListener("htmx:afterRequest", heard);
      const how = { source: answer, target: "#answer", swap: "innerHTML", values: next.values };
      window.htmx.ajax("POST", next.action, how).catch(() => undefined);
    });
  }

  // What was scanned behind a scan that ended at the sign-in page is done after it, for the same person only.
  function keep() {
    const form = byId("scan-form");
    const scans = waiting.slice(1).filter((next) => next.text).map((next) => next.text);
    const kept = { who: form.elements.who.value, action: form.getAttribute("action"), scans };
    if (scans.length) sessionStorage.setItem(KEPT, JSON.stringify(kept));
  }

  function takeUp() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
    sessionStorage.removeItem(KEPT);
    const form = byId("scan-form");
    const ours = kept && kept.who === form.elements.who.value && kept.action === form.getAttribute("action");
    if (ours) kept.scans.forEach(scan);
  }

  function toField() {
    const field = byId("scan");
    if (field) field.focus();
  }

  function beep(good) {
    const Context = window.AudioContext;
    if (!Context || !navigator.userActivation || !navigator.userActivation.hasBeenActive) return;
    sound = sound || new Context();
    const tone = sound.createOscillator();
    const level = sound.createGain();
    level.gain.value = 0.08;
    tone.frequency.value = good ? 880 : 220;
    tone.connect(level).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + (good ? 0.12 : 0.45));
  }

  document.addEventListener("keydown", onTheField);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "scan-form") {
      event.preventDefault();
      const field = byId("scan");
      const text = field.value.trim();
      field.value = "";
      scan(text);
      toField();
    } else if (byId("answer").contains(form)) {
      event.preventDefault();
      press(form, event.submitter);
    }
  });
  // Whoever points at what became of a lens comes back to the field; whoever goes there by keys stays.
  let points = false;
  document.addEventListener("pointerdown", () => { points = true; });
  document.addEventListener("keydown", () => { points = false; });
  document.addEventListener("change", (event) => {
    if (points && event.target.closest("#asks") && event.target.value !== "broken") toField();
  });
  // A key pressed anywhere else goes into the field too.
  document.addEventListener("keydown", (event) => {
    const free = event.target === document.body && event.key.length === 1 && !event.ctrlKey && !event.metaKey;
    if (free && !event.altKey) toField();
  });
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    if (!event.detail.xhr.getResponseHeader("HX-Redirect")) return;
    keep();
    waiting.length = 0;
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    // A refusal is shown where the answer would be.
    if (event.detail.xhr.status >= 400 && event.detail.xhr.status !== 503) event.detail.shouldSwap = true;
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    toField();
    const heard = document.querySelector("#answer [data-sound]");
    if (heard) beep(heard.dataset.sound === "good");
  });
  window.addEventListener("offline", () => { byId("lost").hidden = false; });
  window.addEventListener("online", () => {
    byId("lost").hidden = !waiting.length;
    sendNext();
  });
  window.addEventListener("DOMContentLoaded", takeUp);
})();
