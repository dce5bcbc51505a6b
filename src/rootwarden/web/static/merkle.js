// Consistency of two heads of a log: RFC 9162, section 2.1.4.2, with SHA-256; hashes are lower-case hexadecimal.

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function node(left, right) {
  const content = new Uint8Array([1, ...bytes(left), ...bytes(right)]);
  return hex(await crypto.subtle.digest("SHA-256", content));
}

// Sizes stay below 2^53, where shifts of JavaScript would fail: halves are taken by division.
const odd = (number) => number % 2 === 1;
const half = (number) => Math.floor(number / 2);

function isPowerOfTwo(number) {
  while (number > 1 && !odd(number)) number = half(number);
  return number === 1;
}

/** Whether the later tree holds the earlier one, unchanged, as its beginning. */
export async function isConsistent({ first, firstRoot, second, secondRoot, path }) {
  if (first === second) return path.length === 0 && firstRoot === secondRoot;
  if (!(first > 0 && first < second)) return false;
  const steps = isPowerOfTwo(first) ? [firstRoot, ...path] : [...path];
  if (steps.length === 0) return false;
  let [here, last] = [first - 1, second - 1];
  while (odd(here)) [here, last] = [half(here), half(last)];
  let earlier = steps[0];
  let later = steps[0];
  for (const step of steps.slice(1)) {
    if (last === 0) return false;
    if (odd(here) || here === last) {
      earlier = await node(step, earlier);
      later = await node(step, later);
      while (here > 0 && !odd(here)) [here, last] = [half(here), half(last)];
    } else {
      later = await node(later, step);
    }
    [here, last] = [half(here), half(last)];
  }
  return last === 0 && earlier === firstRoot && later === secondRoot;
}
