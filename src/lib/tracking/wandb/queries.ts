import { InputError } from '../../support/errors.ts'
import type { WandbClient } from './client.ts'
import type { Values } from './values.ts'
import { parseValues, readConfig } from './values.ts'

/** A project of a user or team. */
export interface Project {
  entity: string
  project: string
}

/** A run as W&B keeps it. */
export interface WandbRun {
  /** Its ID, as in the page's address. */
  name: string
  state: string
  tags: string[]
  config: Values
  /** Unparsed, to keep what others have written in it. */
  rawConfig: string | null
  summary: Values
  /** Number of history lines by the server's count, which may be seconds behind. */
  historyLines: number
}

const RUN_FIELDS = 'name state tags config summaryMetrics historyLineCount'

interface RawRun {
  name: string
  state: string | null
  tags: string[] | null
  config: string | null
  summaryMetrics: string | null
  historyLineCount: number | null
}

function readRun(raw: RawRun): WandbRun {
  return {
    name: raw.name,
    state: raw.state ?? 'unknown',
    tags: raw.tags ?? [],
    config: readConfig(raw.config),
    rawConfig: raw.config,
    summary: parseValues(raw.summaryMetrics),
    historyLines: raw.historyLineCount ?? 0,
  }
}

/** The user or team that the key belongs to. */
export async function defaultEntity(client: WandbClient): Promise<string> {
  const { viewer } = await client.graphql<{ viewer: { entity: string | null } | null }>(
    'query Viewer { viewer { entity } }',
    {},
  )
  if (viewer?.entity) return viewer.entity
  throw new InputError('The Weights & Biases API key belongs to no user: use --wandb-entity.', {
    code: 'WANDB_NO_ENTITY',
  })
}

/** One run; undefined if the project or the run does not exist. */
export async function findRun(
  client: WandbClient,
  { entity, project }: Project,
  name: string,
): Promise<WandbRun | undefined> {
  const data = await client.graphql<{ project: { bucket: RawRun | null } | null }>(
    `query Run($entity: String!, $project: String!, $name: String!) {
      project(name: $project, entityName: $entity) { bucket(name: $name, missingOk: true) { ${RUN_FIELDS} } }
    }`,
    { entity, project, name },
  )
  const raw = data.project?.bucket
  return raw ? readRun(raw) : undefined
}

export function noSuchRun({ entity, project }: Project, name: string): InputError {
  return new InputError(`There is no run ${name} in ${entity}/${project} on Weights & Biases.`, {
    code: 'WANDB_NO_RUN',
    suggestions: ['upload it: reversal runs:sync', 'list local runs: reversal runs:list --all'],
  })
}

const PAGE = 50

/** All runs of a project that a filter lets through (MongoDB's operators), the oldest first. */
export async function* queryRuns(
  client: WandbClient,
  { entity, project }: Project,
  filters: object,
): AsyncGenerator<WandbRun> {
  interface Page {
    project: {
      runs: {
        edges: { node: RawRun; cursor: string }[]
        pageInfo: { endCursor: string | null; hasNextPage: boolean }
      }
    } | null
  }
  let after: string | null = null
  for (;;) {
    const page: Page = await client.graphql<Page>(
      `query Runs($entity: String!, $project: String!, $filters: JSONString, $first: Int, $after: String) {
        project(name: $project, entityName: $entity) {
          runs(filters: $filters, first: $first, after: $after, order: "+created_at") {
            edges { node { ${RUN_FIELDS} } cursor }
            pageInfo { endCursor hasNextPage }
          }
        }
      }`,
      { entity, project, filters: JSON.stringify(filters), first: PAGE, after },
    )
    if (page.project === null) {
      throw new InputError(`There is no project ${entity}/${project} on Weights & Biases.`, {
        code: 'WANDB_NO_PROJECT',
        suggestions: ['check --wandb-entity and --wandb-project', 'the first runs:sync creates the project'],
      })
    }
    const { edges, pageInfo } = page.project.runs
    for (const { node } of edges) yield readRun(node)
    after = edges.at(-1)?.cursor ?? null
    if (!pageInfo.hasNextPage || after === null) return
  }
}

/** Changes to a run; absent fields stay unchanged. */
export interface RunChange {
  displayName?: string | undefined
  jobType?: string | undefined
  notes?: string | undefined
  tags?: readonly string[] | undefined
  /** The whole config: W&B replaces the old one by it. */
  config?: string | undefined
}

/**
 * Creates or changes a run. Throws InputError WANDB_RUN_DELETED for a run that was deleted on W&B: its ID stays taken
 * for a week.
 */
export async function upsertRun(
  client: WandbClient,
  { entity, project }: Project,
  name: string,
  change: RunChange,
): Promise<{ created: boolean; historyLines: number }> {
  interface Upserted {
    upsertBucket: { bucket: Pick<RawRun, 'historyLineCount'>; inserted: boolean | null }
  }
  try {
    const { upsertBucket } = await client.graphql<Upserted>(
      `mutation UpsertBucket($entity: String, $project: String, $name: String, $displayName: String,
        $jobType: String, $notes: String, $tags: [String!], $config: JSONString) {
        upsertBucket(input: { entityName: $entity, modelName: $project, name: $name, displayName: $displayName,
          jobType: $jobType, notes: $notes, tags: $tags, config: $config }) {
          bucket { historyLineCount }
          inserted
        }
      }`,
      { entity, project, name, ...change },
    )
    const { bucket, inserted } = upsertBucket
    return { created: inserted ?? false, historyLines: bucket.historyLineCount ?? 0 }
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== 'WANDB_CONFLICT') throw error
    throw new InputError(
      `The run ${name} was deleted from ${entity}/${project} on Weights & Biases, which takes the same ID again after 7 days.`,
      {
        code: 'WANDB_RUN_DELETED',
        suggestions: ['sync it to another project: --wandb-project'],
        cause: error,
      },
    )
  }
}

/** Asks where to upload files of a run: a signed URL for each name, and headers for all. */
export async function createRunFiles(
  client: WandbClient,
  { entity, project }: Project,
  name: string,
  files: readonly string[],
): Promise<{ urls: Map<string, string>; headers: Record<string, string> }> {
  interface Created {
    createRunFiles: { uploadHeaders: string[]; files: { name: string; uploadUrl: string }[] }
  }
  const { createRunFiles: created } = await client.graphql<Created>(
    `mutation CreateRunFiles($entity: String!, $project: String!, $name: String!, $files: [String!]!) {
      createRunFiles(input: { entityName: $entity, projectName: $project, runName: $name, files: $files }) {
        uploadHeaders
        files { name uploadUrl }
      }
    }`,
    { entity, project, name, files },
  )
  const headers = created.uploadHeaders
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])
  return {
    urls: new Map(created.files.map((file) => [file.name, file.uploadUrl])),
    headers: Object.fromEntries(headers),
  }
}
