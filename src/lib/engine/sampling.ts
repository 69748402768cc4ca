import { sha256 } from '../support/files.ts'
import { PythonRandom } from '../support/python-random.ts'

/** The token with the highest score. */
export function argmax(logits: Float32Array): number {
  let best = 0
  let most = logits[0]!
  for (let token = 1; token < logits.length; token++) {
    const score = logits[token]!
    if (score > most) {
      best = token
      most = score
    }
  }
  return best
}

/** A token drawn from the softmax of the scores at a temperature; temperature 0 takes the highest. */
export function drawToken(logits: Float32Array, temperature: number, random: PythonRandom): number {
  const best = argmax(logits)
  if (temperature === 0) return best
  const odds = Float64Array.from(logits, (logit) => Math.exp((logit - logits[best]!) / temperature))
  let rest = random.random() * odds.reduce((total, value) => total + value, 0)
  const drawn = odds.findIndex((value) => {
    rest -= value
    return rest < 0
  })
  return drawn === -1 ? best : drawn
}

/** Random numbers for one sample of a prompt. They depend on nothing else, so that resumed work draws the same ones. */
export function sampleRandom(seed: number, prompt: string, sample: number): PythonRandom {
  return new PythonRandom(BigInt(`0x${sha256(`${seed} ${sample} ${prompt}`)}`))
}
