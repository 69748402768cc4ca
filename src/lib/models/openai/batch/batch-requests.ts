/** A line of a batch's input file. */
export interface BatchRequest {
  /** Unique within its batch; results are known by it. */
  custom_id: string
  method: 'POST'
  url: string
  body: Record<string, unknown>
}

/** Limits of one batch. */
export interface BatchLimits {
  requests: number
  bytes: number
}

/** OpenAI's. */
export const BATCH_LIMITS: BatchLimits = { requests: 50_000, bytes: 200_000_000 }

/** The input file of one batch. */
export interface BatchFile {
  /** Endpoint of all its requests, such as `/v1/chat/completions`. */
  url: string
  customIds: string[]
  text: string
}

/** Input files for requests to one endpoint, in order, each within the limits. */
export function batchFiles(requests: Iterable<BatchRequest>, limits: BatchLimits): BatchFile[] {
  const files: { url: string; customIds: string[]; lines: string[]; bytes: number }[] = []
  for (const request of requests) {
    const line = `${JSON.stringify(request)}\n`
    const size = Buffer.byteLength(line)
    let file = files.at(-1)
    if (file === undefined || file.lines.length >= limits.requests || file.bytes + size > limits.bytes) {
      file = { url: request.url, customIds: [], lines: [], bytes: 0 }
      files.push(file)
    }
    file.customIds.push(request.custom_id)
    file.lines.push(line)
    file.bytes += size
  }
  return files.map(({ url, customIds, lines }) => ({ url, customIds, text: lines.join('') }))
}
