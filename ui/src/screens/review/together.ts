/** New servers that are decided about together. */

import type { Decision, ServerReview, TrustMode } from '../../api/types';
import { hidden } from '../../lib/glyphs';

/** Whether nothing about how it is started or reached calls for a second look. */
export function isPlain({ server, evidence, trust }: ServerReview): boolean {
  const odd = evidence.warnings.length + hidden(evidence.target) + hidden(server) + trust.flagged;
  return odd === 0 && trust.wanted === null;
}

/** Names what is shown of it: another launch is something else to look at. */
export function markOf({ server, launch }: ServerReview): string {
  return `together ${server} ${launch}`;
}

/** What lets it in as far as this mode goes, in the way that was shown. */
export function opening({ launch, trust }: ServerReview, mode: TrustMode): Decision {
  return trust.may_start ? { decision: 'trust', mode } : { decision: 'start', launch, mode };
}
