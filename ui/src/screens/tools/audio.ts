/** Sound from base64, played without a media element, which the page's policy gives no source. */

export function toBytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Plays until it ends; `onend` is called then, or when the returned function stops it. */
export async function play(base64: string, onend: () => void): Promise<() => void> {
  const context = new AudioContext();
  const close = (): void => {
    if (context.state !== 'closed') void context.close().then(onend);
  };
  try {
    const source = context.createBufferSource();
    source.buffer = await context.decodeAudioData(toBytes(base64).buffer);
    source.connect(context.destination);
    source.addEventListener('ended', close);
    source.start();
  } catch (cause) {
    close();
    throw cause;
  }
  return close;
}
