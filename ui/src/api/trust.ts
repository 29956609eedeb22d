/**
 * The quarantine, the tokens of clients and the sandbox, as the gateway describes them. Times are
 * Unix milliseconds.
 */

import type { Evidence } from './types';

export type DefinitionKind =
  'instructions' | 'tool' | 'prompt' | 'prompt-text' | 'resource' | 'resource-template';
export type Standing = 'pending' | 'changed' | 'approved' | 'blocked';
export type TrustMode = 'manual' | 'scan' | 'auto';
export type Verdict = 'clean' | 'review' | 'block';
export type HoldReason =
  'new-server' | 'launch-changed' | 'new-definitions' | 'added-definitions' | 'changed-definitions';

export interface DefinitionId {
  kind: DefinitionKind;
  /** Its name at its server; a URI for resources, empty for instructions. */
  name: string;
}

export interface ScanFinding {
  code: string;
  verdict: Exclude<Verdict, 'clean'>;
  message: string;
  /** Where in the definition, for example `inputSchema.properties.path.description`. */
  place: string;
  /** The words that gave rise to it, as written. */
  excerpt: string;
}

export interface DefinitionReview extends DefinitionId {
  standing: Standing;
  /** Names what is shown here; a decision repeats it. */
  hash: string;
  now: unknown;
  /** What was approved, where that is another. */
  approved?: unknown;
  verdict: Verdict;
  findings: ScanFinding[];
  since: number;
  /** Whether its server still lists it. */
  listed: boolean;
}

export interface TrustStatus {
  mode: TrustMode;
  /** The mode as the configuration has it, where that is another. */
  wanted?: string | null;
  /** Why it waits for a person; `null` if it does not. */
  hold: HoldReason | null;
  may_start: boolean;
  approved: number;
  pending: number;
  changed: number;
  blocked: number;
  /** Of those that wait, how many a scan found something in. */
  flagged: number;
}

export interface UndoOffer {
  id: string;
  until: number;
}

export interface ServerReview {
  server: string;
  trust: TrustStatus;
  evidence: Evidence;
  /** What was approved to be run, where that is another. */
  approved_evidence?: Evidence | null;
  /** Names the launch as shown; a decision to start it repeats it. */
  launch: string;
  definitions: DefinitionReview[];
  /** Clients that would see what is approved. */
  audience: string[];
  undo?: UndoOffer | null;
}

export interface SeenDefinition extends DefinitionId {
  hash: string;
}

export type Decision =
  | { decision: 'start'; launch: string; mode: TrustMode }
  | { decision: 'approve' | 'block'; definitions: SeenDefinition[] }
  | { decision: 'block-server' }
  | { decision: 'trust'; mode: TrustMode };

export interface Decided {
  trust: TrustStatus;
  undo: UndoOffer;
  /** Definitions that were left as they are, because they are others by now. */
  left: DefinitionId[];
}

/** What one client may use, without the token itself. */
export interface ClientToken {
  id: string;
  name: string;
  created_at: number;
  expires_at?: number | null;
  last_used?: number | null;
  /** The servers it is limited to. */
  servers?: string[] | null;
  /** Patterns of the tools it is limited to. */
  tools?: string[] | null;
}

/** A token as it is made: the only time that it is told. */
export interface MadeToken extends ClientToken {
  token: string;
}

export interface TokenWish {
  name: string;
  servers?: string[];
  expires_at?: number;
}

/** Whether clients need a token by TCP. */
export type TokenRule = 'required' | 'off';

/** What fences a server's process in, as it was really achieved. */
export interface SandboxStatus {
  profile: 'default' | 'compat' | 'off';
  files: 'fenced' | 'writes-fenced' | 'open';
  network: 'none' | 'open';
  /** Sockets of other programs on this machine. */
  sockets: 'none' | 'open';
  processes: 'limited' | 'open';
  /** What could not be enforced, or was not given to it, and why: sentences. */
  notes?: string[];
}
