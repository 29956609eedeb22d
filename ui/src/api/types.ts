/**
 * The shapes of the local API, `/api/v1`. Times are Unix milliseconds.
 *
 * This file is the only one that names them, so that it can hand on generated types instead.
 */

export type ProblemCode = string;

export interface Problem {
  code: ProblemCode;
  message: string;
  fix: string;
}

export type ServerStateWord =
  'disabled' | 'starting' | 'ready' | 'backing-off' | 'crash-loop' | 'needs-person' | 'stopping';

export type StartPhase = 'resolving' | 'connecting' | 'handshake' | 'listing';

export type SignInState = 'needed' | 'waiting' | 'signed-in' | 'failed';

export interface SignInStatus {
  state: SignInState;
  since: number;
  scopes: string[];
  expires_at: number | null;
  problem: Problem | null;
}

export interface ServerStatus {
  name: string;
  slug: string;
  state: ServerStateWord;
  /** Only while starting. */
  phase?: StartPhase;
  /** Only while backing off or in a crash loop. */
  attempts?: number;
  retry_at?: number;
  problem?: Problem;
  since: number;
  transport: string;
  target: string;
  pid: number | null;
  starts: number;
  protocol: string | null;
  server_info: string | null;
  tools: number;
  rejected_tools?: string[];
  calls: number;
  last_call: number | null;
  /** Left out where it never asked for one. */
  sign_in?: SignInStatus | null;
}

export interface Diagnostic {
  severity: 'error' | 'warning';
  file: string;
  line: number;
  column: number;
  key: string;
  message: string;
  fix: string;
}

export interface ConfigStatus {
  path: string;
  loaded_at: number;
  diagnostics: Diagnostic[];
}

export interface Totals {
  servers: number;
  ready: number;
  not_ready: number;
  processes: number;
  tools: number;
  calls_today: number;
  failures_today: number;
}

export interface ClientStatus {
  name: string;
  /** Connections and sessions that are open now. */
  open: number;
  last_seen: number;
  last_call: number | null;
  calls: number;
  failures: number;
}

export type Outcome = 'ok' | 'tool-error' | 'refused' | 'timed-out' | 'lost';

export interface CallSummary {
  id: number | string;
  at: number;
  client: string;
  server: string;
  tool: string;
  outcome: Outcome;
  millis: number;
}

export interface Pause {
  since: number;
  until: number | null;
}

export type LanguageChoice = 'auto' | 'en' | 'de' | 'es';
export type ThemeChoice = 'auto' | 'light' | 'dark';

export interface Preferences {
  language: LanguageChoice;
  theme: ThemeChoice;
  start_at_login: boolean;
  check_for_updates: boolean;
  notices: { review: boolean; sign_in: boolean; problems: boolean };
}

/** A server's entry as the configuration file has it. */
export type Entry = Record<string, unknown>;

export interface Evidence {
  transport: string;
  target: string;
  /** Names only; values are never sent. */
  env: string[];
  headers: string[];
  cwd: string | null;
  warnings: string[];
}

export type ReviewSource = 'link' | 'agent' | 'paste';

export interface ReviewItem {
  id: string;
  source: ReviewSource;
  by: string | null;
  at: number;
  name: string;
  entry: Entry;
  evidence: Evidence;
  /** It is in the configuration already, switched off. */
  configured: boolean;
}

export interface Snapshot {
  version: string;
  revision: number;
  started_at: number;
  pid: number;
  endpoint: string;
  socket: string;
  config: ConfigStatus;
  servers: ServerStatus[];
  totals: Totals;
  clients: ClientStatus[];
  /** Newest first, at most 50. */
  recent: CallSummary[];
  pause: Pause | null;
  review: ReviewItem[];
  preferences: Preferences;
  /** Whether a tray is attached. */
  desktop: boolean;
}

export type News =
  | { event: 'server-state'; server: string; state: string; problem: Problem | null }
  | { event: 'tools-changed'; server: string; tools: number }
  | { event: 'config-reloaded'; ok: boolean }
  | {
      event: 'call';
      client: string;
      server: string;
      tool: string;
      millis: number;
      outcome: Outcome;
    }
  | { event: 'open-window'; path: string };

export interface SessionReply {
  token: string;
  expires_at: number;
}

export type Effect = 'read' | 'write' | 'destructive';

export interface ToolSummary {
  id: string;
  server: string;
  name: string;
  description: string;
  effect: Effect;
  score?: number;
  /** Words of the query; left out where there are none. */
  matched?: string[];
  tokens: number;
}

export interface ToolDetail extends ToolSummary {
  /** The tool as its server sent it. */
  definition: Record<string, unknown>;
}

export interface ServerDetail {
  status: ServerStatus;
  /** Its entry in the configuration, secrets masked. */
  config: Entry;
  instructions: string | null;
  tools: ToolSummary[];
}

export interface Candidate {
  name: string;
  /** As it would be written. */
  entry: Entry;
  /** The same with secrets masked. */
  shown: Entry;
  evidence: Evidence;
  exists: boolean;
  problem: string | null;
}

export interface RegistryInput {
  name: string;
  description: string;
  required: boolean;
  secret: boolean;
  default: string | null;
  /** JSON pointer into the entry that the value goes to. */
  pointer: string;
}

export interface RegistryChoice {
  label: string;
  entry: Entry;
  inputs: RegistryInput[];
}

export interface RegistryServer {
  name: string;
  title: string | null;
  description: string;
  version: string;
  repository: string | null;
  choices: RegistryChoice[];
}

export interface RegistryPage {
  servers: RegistryServer[];
  next_cursor: string | null;
}

export type ChangeKind = 'added' | 'replaced' | 'removed' | 'enabled' | 'disabled';

export interface Change {
  id: string;
  at: number;
  by: { kind: 'person' | 'agent' | 'file' | 'link'; name: string | null };
  server: string;
  kind: ChangeKind;
  before: Entry | null;
  after: Entry | null;
}

export type ActivityKind = 'call' | 'change' | 'server' | 'sign-in';

export interface Activity {
  /** Ascends with time. */
  id: number;
  at: number;
  kind: ActivityKind;
  client: string | null;
  server: string;
  tool: string | null;
  outcome: Outcome | null;
  millis: number | null;
  text: string | null;
}

export interface ActivityPage {
  items: Activity[];
  /** What to give as `before` for the next page. */
  next: number | null;
}

export interface ActivityDetail extends Activity {
  arguments: string | null;
  request_bytes: number | null;
  result_bytes: number | null;
  shortened: boolean;
  steps: CallStep[];
  refusal: Problem | null;
}

export interface CallStep {
  /** For example `validate`. */
  step: string;
  /** How long it took, in microseconds. */
  micros: number;
  /** Whether the call went on. */
  passed: boolean;
}

export interface ActivityFilter {
  kind?: ActivityKind | undefined;
  client?: string | undefined;
  server?: string | undefined;
  tool?: string | undefined;
  outcome?: Outcome | undefined;
  text?: string | undefined;
  before?: number | undefined;
  limit?: number | undefined;
}

export interface HourStats {
  start: number;
  calls: number;
  failures: number;
  p50: number | null;
  p95: number | null;
  tokens_saved: number;
}

export interface Stats {
  hours: HourStats[];
  cost: { menu_tokens: number; all_tokens: number; tools: number };
}

export interface LogFile {
  id: string;
  label: string;
  path: string;
  bytes: number;
  kind: 'gateway' | 'server';
}

export interface BundlePart {
  name: string;
  description: string;
  bytes: number;
}

export type SettingValue = boolean | number | string | null;

export interface Setting {
  key: string;
  kind: 'switch' | 'number' | 'text' | 'choice';
  choices: string[];
  value: SettingValue;
  default: SettingValue;
  description: string;
  restart: boolean;
}

export interface Settings {
  path: string;
  settings: Setting[];
}

export interface Finding {
  id: string;
  group: string;
  status: 'ok' | 'warning' | 'error';
  title: string;
  message: string;
  fix: string;
  command: string | null;
}
