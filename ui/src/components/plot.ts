/** Draws a chart with uPlot; loaded only by pages that show one. */

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Series } from './Chart.svelte';

export interface Plot {
  series: Series[];
  data: uPlot.AlignedData;
  height: number;
  format: (value: number) => string;
  time: (at: number) => string;
}

/** The width of one hour's bar, as a share of the space it has. */
const BAR = 0.7;

export function plot(element: HTMLElement, plotted: Plot): uPlot {
  const style = getComputedStyle(element);
  const ink = (name: string): string => style.getPropertyValue(`--ink-${name}`);
  const axis: uPlot.Axis = {
    stroke: ink('muted'),
    font: `11px ${style.fontFamily}`,
    grid: { stroke: ink('line'), width: 1 },
    ticks: { show: false },
  };
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: plotted.height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 60,
        values: (_, ticks) => ticks.map((second) => plotted.time(second * 1000)),
      },
      {
        ...axis,
        size: 52,
        space: 28,
        values: (_, ticks) => ticks.map(plotted.format),
      },
    ],
    scales: { y: { range: (_, _low, high) => [0, Math.max(1, (high || 0) * 1.08)] } },
    series: [{}, ...plotted.series.map((one) => shape(one, ink(one.colour)))],
  };
  return new uPlot(options, plotted.data, element);
}

function shape(series: Series, colour: string): uPlot.Series {
  if (series.kind === 'bars') {
    const paths = uPlot.paths.bars?.({ size: [BAR, 24], align: 1 });
    return {
      fill: colour,
      stroke: colour,
      width: 0,
      points: { show: false },
      ...(paths ? { paths } : {}),
    };
  }
  return { stroke: colour, width: 2, points: { size: 5, fill: colour }, spanGaps: false };
}
