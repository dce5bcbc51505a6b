// This browser keeps the newest head it saw of each log, and refuses one that does not continue it (BG-5).
import { isConsistent } from "./merkle.js";

const { log, size, root, epoch } = document.body.dataset;
const shown = { size: Number(size), root, epoch: Number(epoch) };
const place = `rootwarden-head:${log}`;

function kept() {
  try {
    return JSON.parse(localStorage.getItem(place));
  } catch {
    return null;
  }
}

async function fetched(first, second) {
  const answer = await fetch(`/api/v1/audit/consistency?first=${first}&second=${second}`);
  if (!answer.ok) throw new Error(`the proof was not given (${answer.status})`);
  return answer.json();
}

/** Why the log shown here does not continue the one seen before; nothing when it does. */
async function trouble() {
  const before = kept();
  if (before === null || shown.size === 0) return "";
  const [older, newer] = before.size <= shown.size ? [before, shown] : [shown, before];
  if (older.size === newer.size) {
    return older.root === newer.root ? "" : `It has the same ${older.size} entries, and they are others.`;
  }
  let proof;
  try {
    proof = await fetched(older.size, newer.size);
  } catch (error) {
    return `It had ${before.size} entries and now shows ${shown.size}; ${error.message}.`;
  }
  // The roots are those seen here, never those of the answer.
  const grew = await isConsistent({
    first: older.size, firstRoot: older.root, second: newer.size, secondRoot: newer.root, path: proof.path,
  });
  return grew ? "" : `It had ${before.size} entries; the ${shown.size} it has now do not continue them.`;
}

function keep() {
  const before = kept();
  if (shown.size > 0 && (before === null || before.size <= shown.size || before.epoch < shown.epoch)) {
    localStorage.setItem(place, JSON.stringify(shown));
  }
}

function alarm(why) {
  document.getElementById("fork-why").textContent = why;
  document.getElementById("fork").hidden = false;
  document.getElementById("head-state").textContent = "It does not continue the log this browser saw before.";
  for (const button of document.querySelectorAll("form[data-sign] button")) button.disabled = true;
  const before = kept();
  const accept = document.getElementById("fork-accept");
  accept.hidden = !(before && shown.epoch > before.epoch);
  accept.addEventListener("click", () => {
    localStorage.setItem(place, JSON.stringify(shown));
    location.reload();
  });
}

/** Settles once the head is compared; true when something may be signed here. */
export const continues = (async () => {
  if (!log) return true;
  const why = await trouble();
  if (why) {
    alarm(why);
    return false;
  }
  keep();
  document.getElementById("head-state").textContent = "It continues the log this browser saw before.";
  return true;
})();
