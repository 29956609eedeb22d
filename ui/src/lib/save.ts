/** How long the browser may take to fetch what it saves. */
const KEPT_MS = 60_000;

/** Hands an answer to the browser as a file to save, named as the gateway says, else `name`. */
export async function save(answer: Promise<Response>, name: string): Promise<void> {
  const response = await answer;
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName(response.headers.get('content-disposition')) ?? name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}

/** The name in a header such as `attachment; filename="calls.csv"`. */
export function fileName(disposition: string | null): string | null {
  const found = /\bfilename="?([^";]+)"?/i.exec(disposition ?? '')?.[1]?.trim();
  // A path would be no name; browsers cut it off as well.
  return found?.split(/[\\/]/).at(-1) || null;
}
