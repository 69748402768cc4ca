import type { WandbClient } from './client.ts'
import type { Project } from './queries.ts'
import type { Values } from './values.ts'

/** A line of the history at its place in W&B's history file. */
export interface PlacedLine {
  offset: number
  text: string
}

export interface StreamRunOptions extends Project {
  client: WandbClient
  name: string
  lines: readonly PlacedLine[]
  /** The whole summary. */
  summary: Values
  /** Names of files that were uploaded. */
  uploaded: readonly string[]
  /** Ends the run; W&B takes any post to an ended run for its revival. */
  exitCode?: number | undefined
  /** Longest request, in bytes of history. */
  requestBytes?: number | undefined
}

/** W&B takes 10 MiB. */
const REQUEST_BYTES = 8 * 1024 * 1024

/** Sends history, summary and end of a run; a line that was sent before keeps its place. */
export async function streamRun(options: StreamRunOptions): Promise<void> {
  const { client, entity, project, name, lines, summary, uploaded, exitCode } = options
  const path = `/files/${[entity, project, name].map(encodeURIComponent).join('/')}/file_stream`
  const blocks = consecutiveBlocks(lines, options.requestBytes ?? REQUEST_BYTES)
  const last = blocks.pop()
  for (const block of blocks) await client.stream(path, { files: historyFile(block) })
  await client.stream(path, {
    files: {
      ...historyFile(last),
      'wandb-summary.json': { offset: 0, content: [JSON.stringify(summary)] },
    },
    ...(uploaded.length > 0 && { uploaded }),
    ...(exitCode !== undefined && { complete: true, exitcode: exitCode }),
  })
}

function historyFile(block: readonly PlacedLine[] = []) {
  const [first] = block
  if (first === undefined) return {}
  return { 'wandb-history.jsonl': { offset: first.offset, content: block.map(({ text }) => text) } }
}

/** Lines that follow each other without a gap and fit into one request. */
function consecutiveBlocks(lines: readonly PlacedLine[], most: number): PlacedLine[][] {
  const blocks: PlacedLine[][] = []
  let bytes = 0
  let next = -1
  for (const line of lines.toSorted((a, b) => a.offset - b.offset)) {
    const size = Buffer.byteLength(line.text)
    if (line.offset !== next || bytes + size > most) {
      blocks.push([])
      bytes = 0
    }
    blocks.at(-1)!.push(line)
    bytes += size
    next = line.offset + 1
  }
  return blocks
}
