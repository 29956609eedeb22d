/** Calls `onseen` once the element is in view, above the bar that lies over the page. */
export function inView(onseen: () => void): (element: HTMLElement) => () => void {
  return (element) => {
    const bar = document.querySelector<HTMLElement>('.decision-bar')?.offsetHeight ?? 0;
    const watch = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        watch.disconnect();
        onseen();
      },
      { root: element.closest('main'), rootMargin: `0px 0px -${bar}px 0px` },
    );
    watch.observe(element);
    return () => watch.disconnect();
  };
}
