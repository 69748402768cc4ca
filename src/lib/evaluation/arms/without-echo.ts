import { startsWith } from '../measures.ts'

/** Removes the start that the prompt gave from an answer: chat models mostly repeat their whole sentence. */
export function withoutEcho(completion: string, lead: string): string {
  const text = completion.trim()
  const label = /^answer:\s*/i.exec(text)?.[0] ?? ''
  const answer = text.slice(label.length)
  if (lead !== '' && startsWith(answer, lead))
    return answer.normalize('NFC').slice(lead.normalize('NFC').length)
  return label === '' ? completion : answer
}
