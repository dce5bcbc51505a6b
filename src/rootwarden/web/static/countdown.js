// The countdown of a code: by the time step and the server's clock, whenever the page was opened or shown again.

const box = document.querySelector("[data-countdown]");
const [now, from, until] = ["now", "from", "until"].map((name) => Number(box.dataset[name]));
const [navigation] = performance.getEntriesByType("navigation");
// The server read its clock just before it began to answer; both moments are on this browser's own clock.
const answered = (performance.timeOrigin + navigation.responseStart) / 1000;
const ahead = now - answered;

const words = box.querySelector("[data-words]");
const said = box.querySelector("[data-said]");
const bar = box.querySelector("[data-left]");
let told = "";

function tell(text) {
  // Screen readers hear it at a few moments only, not every second.
  if (text !== told) said.textContent = told = text;
}

function show() {
  const time = Date.now() / 1000 + ahead;
  const early = time < from;
  const left = Math.max(0, Math.ceil((early ? from : until) - time));
  const over = time >= until;
  box.classList.toggle("early", early);
  box.classList.toggle("over", over);
  bar.setAttribute("width", String(over || early ? 0 : (100 * (until - time)) / (until - from)));
  if (over) words.textContent = "This code is over.";
  else words.textContent = early ? `Good in ${left} s: wait` : `Good for ${left} s`;
  if (over) tell("The code is over.");
  else if (early) tell("The code is not good yet.");
  else if (left <= 10) tell("Ten seconds left.");
  else tell("The code is good now.");
  if (!over) setTimeout(show, 200);
}

show();
