/** A run as the fake keeps it. */
export interface FakeRun {
  id: string
  name: string
  displayName: string
  entity: string
  project: string
  tags: string[]
  state: string
  jobType: string | null
  notes: string | null
  description: string | null
  group: string | null
  commit: string | null
  host: string | null
  config: string | null
  summary: string
  /** Lines of `wandb-history.jsonl` by their offset; a line that was never sent is a hole. */
  history: (string | undefined)[]
  /** Lines of the other files that the file stream brings, such as `wandb-events.jsonl` and `output.log`. */
  streams: Map<string, string[]>
  /** By name; a file that was announced and not put yet is undefined. */
  files: Map<string, Buffer | undefined>
  /** Names that the file stream reported. */
  uploaded: Set<string>
  createdAt: string
}

/** All that the fake remembers: runs by entity, project and name. */
export class Database {
  readonly runs: FakeRun[] = []
  readonly projects = new Set<string>()
  /** Runs that were deleted: their names stay taken. */
  readonly deleted = new Set<string>()
  #made = 0

  find(entity: string, project: string, name: string): FakeRun | undefined {
    return this.runs.find((run) => run.entity === entity && run.project === project && run.name === name)
  }

  add(entity: string, project: string, name: string): FakeRun {
    this.#made++
    const run: FakeRun = {
      id: Buffer.from(`Run:v1:${name}:${project}:${entity}:${this.#made}`).toString('base64'),
      name,
      displayName: name,
      entity,
      project,
      tags: [],
      state: 'running',
      jobType: null,
      notes: null,
      description: null,
      group: null,
      commit: null,
      host: null,
      config: null,
      summary: '{}',
      history: [],
      streams: new Map(),
      files: new Map(),
      uploaded: new Set(),
      createdAt: new Date(Date.UTC(2026, 10, 24, 9, 0, this.#made)).toISOString(),
    }
    this.projects.add(`${entity}/${project}`)
    this.runs.push(run)
    return run
  }

  /** Delete a run as a user does on its page. */
  delete(run: FakeRun): void {
    this.runs.splice(this.runs.indexOf(run), 1)
    this.deleted.add(`${run.entity}/${run.project}/${run.name}`)
  }
}
