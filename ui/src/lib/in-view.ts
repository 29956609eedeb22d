/** How much of the page's foot the bar with the decisions lies over. */
const BAR = 96;

/** Calls `onseen` once the element is in view, above the bar that lies over the page. */
export function inView(onseen: () => void): (element: HTMLElement) => () => void {
  return (element) => {
    const watch = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        watch.disconnect();
        onseen();
      },
      { root: element.closest('main'), rootMargin: `0px 0px -${BAR}px 0px` },
    );
    watch.observe(element);
    return () => watch.disconnect();
  };
}
