import { availableParallelism } from 'node:os'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { InputError } from '../support/errors.ts'
import type { OnnxGraph } from './onnx.ts'

export const DEVICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const
/** The device that computes; `auto` is the fastest that this machine's ONNX Runtime offers. */
export type Device = (typeof DEVICES)[number]

export interface DeviceOptions {
  device?: Device | undefined
  /** Threads of the processor; by default one for each core. */
  threads?: number | undefined
}

export interface SessionOptions extends DeviceOptions {
  /**
   * True for a model whose steps take seconds: no memory is kept for each shape of a batch (a fifth less for
   * SmolLM2-135M), and threads sleep while they wait, which leaves the processor of a busy machine to others.
   */
  large?: boolean | undefined
}

const LARGE = {
  enableMemPattern: false,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
}
/**
 * Threads spin between the operations of a run, and sleep when it has ended. Without a limit they spin for
 * milliseconds, on cores that the update of the weights or another program could use: next to other programs a training
 * took twice as long.
 */
const SMALL = { extra: { session: { intra_op: { spin_duration_us: '50' } } } }

/** Prepares a graph to be run. Throws InputError if the device is missing. */
export async function createSession(
  graph: OnnxGraph,
  { device = 'cpu', threads = availableParallelism(), large = false }: SessionOptions = {},
): Promise<InferenceSession> {
  const [{ InferenceSession, listSupportedBackends }, { encodeModel }] = await Promise.all([
    import('onnxruntime-node'),
    import('./onnx.ts'),
  ])
  const offered = listSupportedBackends().map(({ name }) => name)
  const provider = chooseExecutionProvider(device, offered)
  try {
    return await InferenceSession.create(encodeModel(graph), {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      ...(large ? LARGE : SMALL),
    })
  } catch (cause) {
    if (provider === 'cpu') throw cause
    throw unavailable(
      `The device ${provider} does not start on this machine (${(cause as Error).message})`,
      cause,
    )
  }
}

/** Releases the memory of a result, which must not be used afterwards. */
export function freeTensor({ data }: Tensor): void {
  ;(data as Float32Array<ArrayBuffer>).buffer.transfer(0)
}

/** The execution provider for a device, among those that the runtime offers. */
export function chooseExecutionProvider(device: Device, offered: readonly string[]): string {
  if (device === 'auto') return ['cuda', 'cpu'].find((name) => offered.includes(name)) ?? 'cpu'
  if (device === 'cpu' || offered.includes(device)) return device
  throw unavailable(`This machine's ONNX Runtime has no device ${device}; it offers ${offered.join(', ')}`)
}

function unavailable(message: string, cause?: unknown): InputError {
  return new InputError(`${message}; use --device cpu.`, { code: 'DEVICE_UNAVAILABLE', cause })
}
