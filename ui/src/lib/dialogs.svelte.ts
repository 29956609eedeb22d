/** Questions and panels over the page; the layout shows them. */

export interface Question {
  title: string;
  text: string;
  /** What the button that does it says: a verb. */
  action: string;
  danger?: boolean;
  /** The same on the command line. */
  cli?: string;
}

interface Asked extends Question {
  answer: (yes: boolean) => void;
}

let asked = $state.raw<Asked | null>(null);
let palette = $state(false);
let shortcuts = $state(false);

export const dialogs = {
  get asked(): Asked | null {
    return asked;
  },
  get palette(): boolean {
    return palette;
  },
  set palette(value: boolean) {
    palette = value;
  },
  get shortcuts(): boolean {
    return shortcuts;
  },
  set shortcuts(value: boolean) {
    shortcuts = value;
  },
};

/** Asks before something that cannot be taken back easily; resolves to what the person chose. */
export function confirm(question: Question): Promise<boolean> {
  asked?.answer(false);
  return new Promise((resolve) => {
    asked = {
      ...question,
      answer: (yes) => {
        asked = null;
        resolve(yes);
      },
    };
  });
}
