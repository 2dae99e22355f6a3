import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';

/** The task queue that workers poll and clients start workflows on, unless TIDEMARK_TASK_QUEUE names another. */
const TASK_QUEUE = 'tidemark';

/** What the environment says about where things are. */
export interface Connections {
  /** DATABASE_URL: a PostgreSQL server; `null`: the embedded one. */
  readonly databaseUrl: string | null;
  /** TEMPORAL_ADDRESS or TEMPORAL_PROFILE with the other standard TEMPORAL_* settings; `null`: the dev server. */
  readonly temporal: ClientConnectConfig | null;
  readonly taskQueue: string;
  /** TIDEMARK_TEMPORAL_UI: the address of Temporal's Web UI, for links; `null`: the dev server's, if that is used. */
  readonly temporalUi: string | null;
  /** GITHUB_TOKEN, a personal token for github.com: the demo then reads the real records. */
  readonly githubToken: string | null;
}

export function readConnections(env: Readonly<Record<string, string | undefined>>): Connections {
  const named = env.TEMPORAL_ADDRESS || env.TEMPORAL_PROFILE;
  return {
    databaseUrl: env.DATABASE_URL || null,
    temporal: named ? loadClientConnectConfig() : null,
    taskQueue: env.TIDEMARK_TASK_QUEUE || TASK_QUEUE,
    temporalUi: env.TIDEMARK_TEMPORAL_UI || null,
    githubToken: env.GITHUB_TOKEN || null,
  };
}
