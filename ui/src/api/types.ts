/**
 * The shapes of the local API, `/api/v1`. Times are Unix milliseconds.
 *
 * They are generated from the gateway's own description of itself (`npm run types`); this file
 * gives them their names here, and makes precise what the description leaves open.
 */

import type { components } from './schema';

type Schemas = components['schemas'];

/** The shape with some of its fields replaced. */
type With<Shape, Fields> = Omit<Shape, keyof Fields> & Fields;

type KeyOfAny<Union> = Union extends unknown ? keyof Union : never;
type FieldOfAny<Union, Field> =
  Union extends Partial<Record<Field & PropertyKey, infer Value>> ? Value : never;

/** A union as one shape: what only some members have is optional. */
type Merged<Union> = Pick<Union, keyof Union> & {
  [Field in Exclude<KeyOfAny<Union>, keyof Union>]?: FieldOfAny<Union, Field>;
};

/** A server's entry as the configuration file has it. */
export type Entry = Record<string, unknown>;

export type ProblemCode = Schemas['ProblemCode'];
export type Problem = Schemas['Problem'];
export type ServerStatus = Merged<Schemas['ServerStatus']>;
export type ServerStateWord = ServerStatus['state'];
export type SignInState = Schemas['SignInState'];
export type SignInStatus = Schemas['SignInStatus'];
export type ConfigStatus = Schemas['ConfigStatus'];
export type ClientStatus = Schemas['ClientStatus'];
export type CallSummary = Schemas['CallSummary'];
export type Outcome = Schemas['CallOutcome'];
export type Pause = Schemas['Pause'];
type Preferences = Schemas['Preferences'];
export type LanguageChoice = Preferences['language'];
export type ThemeChoice = Preferences['theme'];
export type Evidence = Schemas['Evidence'];
export type ReviewItem = With<Schemas['ReviewItem'], { entry: Entry }>;
export type Snapshot = With<Schemas['Snapshot'], { servers: ServerStatus[]; review: ReviewItem[] }>;
export type News = Schemas['Event'];

export type SessionReply = Schemas['SessionToken'];
export type Effect = Schemas['Effect'];
export type ToolSummary = Schemas['ToolSummary'];
export type ToolDetail = With<Schemas['ToolDetail'], { definition: Record<string, unknown> }>;
export type CallReply = Schemas['CallReply'];
export type ServerDetail = With<Schemas['ServerDetail'], { status: ServerStatus; config: Entry }>;
export type Candidate = With<Schemas['Candidate'], { entry: Entry; shown: Entry }>;
export type RegistryInput = Schemas['RegistryInput'];
type RegistryChoice = With<Schemas['RegistryChoice'], { entry: Entry }>;
export type RegistryServer = With<Schemas['RegistryServer'], { choices: RegistryChoice[] }>;
export type RegistryPage = With<Schemas['RegistryPage'], { servers: RegistryServer[] }>;
export type Change = With<Schemas['Change'], { before: Entry | null; after: Entry | null }>;

export type ActivityKind = Schemas['ActivityKind'];
export type Activity = Schemas['Activity'];
export type ActivityPage = Schemas['ActivityPage'];
export type ActivityDetail = Schemas['ActivityDetail'];
export type CallStep = Schemas['CallStep'];
export type Stats = Schemas['Stats'];

/** What a list of activity is narrowed down to. */
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

export type LogFile = Schemas['LogFile'];
export type BundlePart = Schemas['BundleEntry'];
export type SettingValue = boolean | number | string | null;
export type Setting = With<Schemas['Setting'], { value: SettingValue; default: SettingValue }>;
export type Settings = With<Schemas['SettingsPage'], { settings: Setting[] }>;
export type Finding = Schemas['Finding'];

export type DefinitionId = Schemas['DefinitionId'];
export type DefinitionReview = Schemas['DefinitionReview'];
export type HoldReason = Schemas['HoldReason'];
export type ScanFinding = Schemas['ScanFinding'];
export type ServerReview = Schemas['ServerReview'];
export type TrustMode = Schemas['TrustMode'];
export type TrustStatus = Schemas['TrustStatus'];
export type UndoOffer = Schemas['UndoOffer'];
export type Decision = Schemas['Decision'];
export type Decided = Schemas['Decided'];
export type SandboxStatus = Schemas['SandboxStatus'];

export type ClientToken = Schemas['ClientToken'];
export type IssuedToken = Schemas['IssuedToken'];
export type NewClientToken = Schemas['NewClientToken'];
export type TokenRule = Schemas['TokenRule'];
