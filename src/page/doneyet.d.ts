/**
 * doneyet.js: follow tasks from any web page, and cancel them.
 *
 * ```js
 * import { watch } from "./doneyet.js"; // from the daemon that serves it, or a copy of it
 *
 * const task = watch("dl-42", {
 *   onState: (state) => { bar.value = state.progress; },
 *   onConnection: (connection) => { light.dataset.connection = connection; },
 * });
 * task.cancel("changed my mind"); // asks the worker; its answer comes as states
 * task.close();                   // stops watching; the task itself goes on
 * ```
 *
 * The connection is a WebSocket where one gets through, else Server-Sent Events, else long
 * polling; a better way is tried again every half minute. All that watch with the same `server`
 * and token share one connection; with tickets, all that watch the same task. Nothing the daemon sends makes the module throw.
 */

/** The newest state of a task: `task_id`, `rev` and `updated_at` are the daemon's, the rest is what the worker published. */
export interface State {
  readonly task_id: string;
  /** Rises with each change. Revisions may be skipped: progress is a state, not a log. */
  readonly rev: number;
  /** Unix milliseconds of the last change, by the daemon's clock. */
  readonly updated_at: number;
  /** Any word of the worker's; `completed`, `failed` and `cancelled` are the end, `lost` is the daemon's. */
  readonly status: string;
  /** 0 to 100; absent while nobody can tell. */
  readonly progress?: number;
  readonly speed?: string;
  readonly eta?: string;
  readonly loaded?: number;
  readonly total?: number;
  /** Of `loaded` and `total`; bytes (`"B"`) where it is absent. */
  readonly unit?: string;
  readonly cancel?: "requested" | "acknowledged" | "refused";
  /** The worker lives, and nothing has changed for a while. */
  readonly stalled?: true;
  readonly [field: string]: unknown;
}

/** Why the daemon refused something, such as the cancelling of a task that has ended. */
export interface Complaint {
  readonly error: string;
  readonly message: string;
}

export type Way = "WebSocket" | "SSE" | "long polling";

/**
 * - `connecting`: an attempt is under way.
 * - `live`: the daemon has said something; `detail.way` tells how.
 * - `waiting`: nothing got through; the next attempt comes in `detail.delayMs` milliseconds. If the
 *   daemon answered, and refused (a key, say), `detail.complaint` has its reason and what to do.
 * - `ended`: the daemon forgot the task, and says so (on a WebSocket); there are no more attempts.
 */
export type Connection = "connecting" | "live" | "waiting" | "ended";

export interface Detail {
  readonly way?: Way;
  readonly delayMs?: number;
  readonly complaint?: Complaint;
}

/** A secret, or what fetches one whenever a connection is made: tickets expire. It is told the task. */
export type Key = string | ((taskId?: string) => string | Promise<string>);

export interface Options {
  /** The newest state of a task, each revision at most once; the last one always arrives. */
  onState?(state: State): void;
  /** How things stand with the daemon. Nothing is called after `close()`. */
  onConnection?(connection: Connection, detail: Detail): void;
  onError?(complaint: Complaint): void;
  /** Where the daemon is: by default where the module came from. */
  server?: string | URL;
  /** The daemon's watch token, if it asks for one. */
  token?: Key;
  /** A ticket for this one task, from your own back end: one function will do for all tasks. */
  ticket?: Key;
}

export interface Watch {
  /** Asks the worker to stop. A wish made while there is no connection is kept until there is. */
  cancel(reason?: string): void;
  close(): void;
}

export interface WatchAll {
  cancel(taskId: string, reason?: string): void;
  /** Frees what is kept of a task that is gone. */
  forget(taskId: string): void;
  close(): void;
}

/**
 * Follows one task, also one that does not exist yet.
 *
 * @throws RangeError for a task id that no daemon would take.
 */
export function watch(taskId: string, options?: Options): Watch;

/** Follows every task that the daemon knows. */
export function watchAll(options?: Options): WatchAll;

/** Whether a state is a task's last one, unless its worker starts over. */
export function isTerminal(state: Pick<State, "status">): boolean;
