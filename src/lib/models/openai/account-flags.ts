import type { RunRecord } from '../../schemas/run.ts'
import { OPENAI_URL } from './server.ts'

/** The flags that name a server and whose account there pays. */
export function accountFlags(server: RunRecord['server']): Record<string, string | undefined> {
  if (server === undefined) return {}
  const { base_url, organization, project } = server
  return {
    ...(base_url !== OPENAI_URL && { 'base-url': base_url }),
    organization: organization ?? undefined,
    project: project ?? undefined,
  }
}
