/** What can be done with a log that is shown. */

import * as api from '../../api/calls';
import type { Action } from '../actions.svelte';
import { copy } from '../clipboard';
import { quote } from '../shell';
import { t } from '../i18n.svelte';
import { asMarkdown, type LogLine } from './line';

interface Shown {
  id: string;
  label: string;
  /** The line that is pointed at. */
  line: LogLine | undefined;
  shown: readonly LogLine[];
  bundle: () => void;
}

interface Looks {
  id: string;
  label: string;
  paused: boolean;
  wrap: boolean;
  /** How many lines the search found. */
  found: number;
}

interface Handlers {
  follow: () => void;
  wrap: () => void;
  step: (by: number) => void;
}

/** Copying, and what is done with the files behind it. */
export function copyActions({ id, label, line, shown, bundle }: Shown): Action[] {
  const title = t('logs.of', { name: label });
  const some = (): boolean => shown.length > 0;
  return [
    {
      id: 'log:copy-line',
      title: () => t('logs.copyLine'),
      icon: 'copy',
      shortcut: 'c',
      when: () => line !== undefined,
      run: () => copy(line?.raw ?? ''),
    },
    {
      id: 'log:copy-line-markdown',
      title: () => t('logs.copyLineMarkdown'),
      icon: 'copy',
      when: () => line !== undefined,
      run: () => copy(asMarkdown(title, line ? [line] : [])),
    },
    {
      id: 'log:copy-all',
      title: () => t('logs.copyAll', { n: shown.length }),
      icon: 'copy',
      when: some,
      run: () => copy(shown.map(({ raw }) => raw).join('\n')),
    },
    {
      id: 'log:copy-all-markdown',
      title: () => t('logs.copyAllMarkdown', { n: shown.length }),
      icon: 'copy',
      when: some,
      run: () => copy(asMarkdown(title, shown)),
    },
    {
      id: 'log:open',
      title: () => t('logs.open'),
      icon: 'external',
      run: () => api.logs.open(id),
    },
    {
      id: 'log:bundle',
      title: () => t('logs.bundle'),
      icon: 'box',
      cli: 'toolgate support-bundle toolgate-support.zip',
      run: bundle,
    },
  ];
}

/** Following first, then wrapping, then the ways from one match to the next. */
export function viewActions(looks: Looks, { follow, wrap, step }: Handlers): Action[] {
  const { id, label, paused, found } = looks;
  const any = (): boolean => found > 0;
  return [
    {
      id: 'log:follow',
      title: () => (paused ? t('logs.follow') : t('logs.pause')),
      icon: paused ? 'play' : 'pause',
      shortcut: 'f',
      cli: `toolgate logs ${id === 'gateway' ? id : quote(label)} --follow`,
      run: follow,
    },
    {
      id: 'log:wrap',
      title: () => (looks.wrap ? t('logs.unwrap') : t('logs.wrap')),
      icon: 'wrap',
      shortcut: 'w',
      run: wrap,
    },
    {
      id: 'log:previous',
      title: () => t('logs.previous'),
      icon: 'up',
      shortcut: 'p',
      when: any,
      run: () => step(-1),
    },
    {
      id: 'log:next',
      title: () => t('logs.next'),
      icon: 'down',
      shortcut: 'n',
      when: any,
      run: () => step(1),
    },
  ];
}
