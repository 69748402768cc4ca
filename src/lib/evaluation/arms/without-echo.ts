import { startsWith } from '../measures.ts'

/**
 * An answer without the beginning that the prompt gave it: models that answer in a conversation mostly say their whole
 * sentence once more.
 */
export function withoutEcho(completion: string, lead: string): string {
  const text = completion.trim()
  const label = /^answer:\s*/i.exec(text)?.[0] ?? ''
  const answer = text.slice(label.length)
  if (lead !== '' && startsWith(answer, lead))
    return answer.normalize('NFC').slice(lead.normalize('NFC').length)
  return label === '' ? completion : answer
}
