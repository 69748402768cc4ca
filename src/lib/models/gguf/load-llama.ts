import type { Llama, LlamaModel } from 'node-llama-cpp'
import type { Device } from '../../engine/device.ts'
import { hasErrorCode, InputError } from '../../support/errors.ts'

/** node-llama-cpp's names for devices. */
const BACKENDS = { cpu: false, auto: 'auto', cuda: 'cuda' } as const

/** llama.cpp on a device. Throws InputError GGUF_PACKAGE_MISSING, GGUF_NO_BINARY, DEVICE_UNAVAILABLE. */
export async function startLlama(device: Device): Promise<Llama> {
  if (device === 'webgpu') {
    throw new InputError('GGUF models run on cpu, cuda or auto, not on webgpu.', {
      code: 'DEVICE_UNAVAILABLE',
    })
  }
  const library = await importLibrary()
  try {
    return await library.getLlama({
      gpu: BACKENDS[device],
      build: 'never',
      progressLogs: false,
      logLevel: library.LlamaLogLevel.disabled,
      // Lanes divide the threads among themselves; with a limit here they would wait for each other.
      maxThreads: 0,
    })
  } catch (cause) {
    const place = `${process.platform}-${process.arch}${device === 'cpu' ? '' : ` with ${device}`}`
    throw new InputError(`node-llama-cpp has no binary for ${place} (${firstLine(cause)}).`, {
      code: 'GGUF_NO_BINARY',
      suggestions: [
        ...(device === 'cpu' ? [] : ['run on the CPU: --device cpu']),
        'build it from source: npx node-llama-cpp source download',
      ],
      cause,
    })
  }
}

async function importLibrary(): Promise<typeof import('node-llama-cpp')> {
  try {
    return await import('node-llama-cpp')
  } catch (cause) {
    if (!hasErrorCode(cause, 'ERR_MODULE_NOT_FOUND')) throw cause
    throw new InputError('GGUF models need the package node-llama-cpp, which is not installed.', {
      code: 'GGUF_PACKAGE_MISSING',
      suggestions: [
        'install it: npm install --global --ignore-scripts node-llama-cpp (its install script is not needed: binaries for common platforms are packages)',
      ],
      cause,
    })
  }
}

/** Loads the weights; `onProgress` receives the share that is loaded. Throws InputError GGUF_UNREADABLE. */
export async function loadGgufModel(
  llama: Llama,
  { path, onProgress }: { path: string; onProgress: (share: number) => void },
): Promise<LlamaModel> {
  try {
    return await llama.loadModel({ modelPath: path, onLoadProgress: onProgress })
  } catch (cause) {
    throw new InputError(`${path} cannot be loaded (${firstLine(cause)}).`, {
      code: 'GGUF_UNREADABLE',
      suggestions: [
        'it may be cut off, or newer than the installed llama.cpp: download it again, or update node-llama-cpp',
      ],
      cause,
    })
  }
}

function firstLine(error: unknown): string {
  return (error as Error).message.split('\n')[0]!.replace(/\.$/, '')
}
