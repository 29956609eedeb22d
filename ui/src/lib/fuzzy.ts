/** How well a text fits what was typed; higher is better, `null` where it does not fit at all. */
export function score(typed: string, text: string): number | null {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const target = text.toLowerCase();
  let total = 0;
  for (const word of words) {
    const one = scoreWord(word, target);
    if (one === null) return null;
    total += one;
  }
  return total - target.length / 1000;
}

function scoreWord(word: string, text: string): number | null {
  const whole = text.indexOf(word);
  if (whole >= 0) return startsWord(text, whole) ? 3 : 2;
  return isSubsequence(word, text) ? 1 : null;
}

function startsWord(text: string, index: number): boolean {
  return index === 0 || /[\s_\-./:]/.test(text[index - 1] ?? '');
}

function isSubsequence(word: string, text: string): boolean {
  let at = 0;
  for (const letter of word) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
