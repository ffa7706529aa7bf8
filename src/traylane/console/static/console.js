// The scan field never goes away and never waits: what is scanned while an answer is under way is sent after it.
(function () {
  "use strict";
  const scans = [];
  let underWay = 0;
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
    scans.push(text);
    sendNext();
  }

  async function sendNext() {
    if (sending || underWay || !scans.length) return;
    const form = byId("scan-form");
    const text = scans[0];
    const hasOrder = form.elements.namedItem("order") !== null;
    if (!text && !hasOrder) {
      scans.shift();
      sendNext();
      return;
    }
    sending = true;
    const status = await ask(form, text);
    sending = false;
    const answered = status !== 0 && status !== 503;
    byId("lost").hidden = answered;
    if (answered) {
      // After a refusal of the door itself the page on show is no base for what was scanned behind it.
      if (status < 400) scans.shift(); else scans.length = 0;
      sendNext();
    } else {
      setTimeout(sendNext, 1000);
    }
  }

  // The same form with the same key: the service does it once, however often it comes.
  function ask(form, text) {
    return new Promise((resolve) => {
      const heard = (event) => {
        if (event.detail.elt !== form) return;
        document.body.removeEventListener("htmx:afterRequest", heard);
        resolve(event.detail.xhr.status);
      };
      document.body.addEventListener("htmx:afterRequest", heard);
      const how = { source: form, target: "#answer", swap: "innerHTML", values: { scan: text } };
      window.htmx.ajax("POST", form.getAttribute("action"), how).catch(() => undefined);
    });
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
    if (event.target.id !== "scan-form") return;
    event.preventDefault();
    const field = byId("scan");
    const text = field.value.trim();
    field.value = "";
    scan(text);
    toField();
  });
  // A key pressed anywhere else goes into the field too.
  document.addEventListener("keydown", (event) => {
    const free = event.target === document.body && event.key.length === 1 && !event.ctrlKey && !event.metaKey;
    if (free && !event.altKey) toField();
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "scan-form") underWay += 1;
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id === "scan-form") return;
    underWay -= 1;
    byId("lost").hidden = event.detail.xhr.status !== 0;
    sendNext();
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
})();
