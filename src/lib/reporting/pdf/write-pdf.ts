import { deflateSync } from 'node:zlib'
import type { Drawing } from './draw-outlines.ts'

export interface PdfPage extends Drawing {
  /** In points, 1/72 of an inch. */
  width: number
  height: number
  title: string
}

/** A PDF file with one page of paths. The same page gives the same bytes: it contains neither a date nor an ID. */
export function writePdf({ width, height, title, content, opacities }: PdfPage): Uint8Array {
  const stream = deflateSync(Buffer.from(content, 'latin1'))
  const states = Array.from(opacities, ([name, opacity]) => {
    return `/${name} << /${name.startsWith('f') ? 'ca' : 'CA'} ${opacity} >>`
  })
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /DisplayDocTitle true >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${size(width)} ${size(height)}] /Resources << /ExtGState << ${states.join(' ')} >> >> /Contents 4 0 R >>`,
    [`<< /Length ${stream.length} /Filter /FlateDecode >>\nstream\n`, stream, '\nendstream'],
    `<< /Title ${textString(title)} /Producer (reversal) >>`,
  ]
  const chunks: Buffer[] = []
  let length = 0
  const write = (...parts: (string | Uint8Array)[]) => {
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)
      chunks.push(bytes)
      length += bytes.length
    }
  }
  // Bytes above 127 mark the file as binary for file transfer programs.
  write('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n')
  const offsets = objects.map((object, index) => {
    const offset = length
    write(`${index + 1} 0 obj\n`, ...[object].flat(), '\nendobj\n')
    return offset
  })
  const table = length
  const count = objects.length + 1
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`)
  write(`xref\n0 ${count}\n0000000000 65535 f \n`, ...entries)
  write(`trailer\n<< /Size ${count} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${table}\n%%EOF\n`)
  return Buffer.concat(chunks)
}

function size(points: number): number {
  return Math.round(1000 * points) / 1000
}

/** UTF-16 with its byte order mark, in hexadecimal. */
function textString(text: string): string {
  const bytes = Buffer.from(`\ufeff${text.toWellFormed()}`, 'utf16le').swap16()
  return `<${bytes.toString('hex')}>`
}
