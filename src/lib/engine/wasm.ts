/**
 * Writes WebAssembly as bytes (webassembly.github.io/spec/core/binary): as much of it as loops over float32 arrays need
 * that compute in doubles, two at a time.
 */

/** Instructions in their order. */
export type WasmCode = readonly number[]

const TYPES = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const
export type WasmType = keyof typeof TYPES

/** A parameter or a local; as code, its value. */
export type WasmLocal = WasmCode & {
  set(value: WasmCode): WasmCode
  /** Adds to an i32. */
  advance(by: number): WasmCode
}

export interface WasmFunction<Name extends string> {
  parameters: Partial<Record<Name, WasmType>>
  locals: Partial<Record<Name, WasmType>>
  body(local: Readonly<Record<Name, WasmLocal>>): readonly WasmCode[]
}

/** A memory for threads to share. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer
}

/** A module that takes a shared memory, `env.memory`, and exports `run`. */
export type WasmModule = object

/** The part of WebAssembly that is used here: TypeScript declares it only for browsers. */
interface Runtime {
  Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory
  Module: new (bytes: Uint8Array) => WasmModule
  Instance: new (
    module: WasmModule,
    imports: { env: { memory: WasmMemory } },
  ) => { exports: { run: unknown } }
}

const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: Runtime }).WebAssembly

const PAGE_BYTES = 65_536
const MOST_PAGES = 65_536
/** Bytes that a memory can have. */
export const MOST_MEMORY_BYTES = MOST_PAGES * PAGE_BYTES

/**
 * A memory of zeros, which takes up physical memory only when it is written. Undefined if the system refuses: each
 * reserves some GiB of addresses, which may be limited.
 */
export function createMemory(bytes: number): WasmMemory | undefined {
  const pages = Math.ceil(bytes / PAGE_BYTES)
  try {
    return new Memory({ initial: pages, maximum: pages, shared: true })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The function of a module over a memory. */
export function instantiate(module: WasmModule, memory: WasmMemory): unknown {
  return new Instance(module, { env: { memory } }).exports.run
}

/** A module with one function, which has no result. */
export function compileFunction<Name extends string>({
  parameters,
  locals,
  body,
}: WasmFunction<Name>): WasmModule {
  const types = (named: object): WasmCode[] => Object.values(named).map((type: WasmType) => [TYPES[type]])
  const names = [...Object.keys(parameters), ...Object.keys(locals)] as Name[]
  const byName = Object.fromEntries(names.map((name, number) => [name, local(number)]))
  const code = [
    ...vector(types(locals).map((type) => [1, ...type])),
    ...body(byName as Record<Name, WasmLocal>).flat(),
    END,
  ]
  const bytes = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [[0x60, ...vector(types(parameters)), ...vector([])]]), // the type of the function
    ...section(2, [[...text('env'), ...text('memory'), 0x02, 0x03, ...unsigned(0), ...unsigned(MOST_PAGES)]]),
    ...section(3, [[0]]), // function 0 is of type 0
    ...section(7, [[...text('run'), 0x00, 0]]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ])
  return new Module(bytes)
}

const END = 0x0b

function local(number: number): WasmLocal {
  const get = [0x20, ...unsigned(number)]
  const set = (value: WasmCode): WasmCode => [...value, 0x21, ...unsigned(number)]
  return Object.assign(get, { set, advance: (by: number) => set([...get, 0x41, ...unsigned(by), 0x6a]) })
}

/** Run code at least once, until an address has reached another. */
export function repeatUntil(address: WasmCode, reached: WasmCode, body: readonly WasmCode[]): WasmCode {
  const below = [...address, ...reached, 0x49] // i32.lt_u
  return [0x03, 0x40, ...body.flat(), ...below, 0x0d, 0, END]
}

export function doubleConstant(value: number): WasmCode {
  return [0x44, ...new Uint8Array(Float64Array.of(value).buffer)]
}

/** Two doubles at once, each rounded as JavaScript rounds it. Addresses are multiples of 8. */
export const f64x2 = {
  splat: (double: WasmCode): WasmCode => [...double, ...simd(0x14)],
  /** Two float32 values of memory; exact. */
  loadFloats: (address: WasmCode): WasmCode => [...address, ...simd(0x5d), ...ALIGNED, ...simd(0x5f)],
  /** Two values into memory, rounded to float32 as `Math.fround` does. */
  storeFloats: (address: WasmCode, value: WasmCode): WasmCode => {
    return [...address, ...value, ...simd(0x5e), ...simd(0x5b), ...ALIGNED, 0]
  },
  sqrt: (a: WasmCode): WasmCode => [...a, ...simd(0xef)],
  add: (a: WasmCode, b: WasmCode): WasmCode => [...a, ...b, ...simd(0xf0)],
  sub: (a: WasmCode, b: WasmCode): WasmCode => [...a, ...b, ...simd(0xf1)],
  mul: (a: WasmCode, b: WasmCode): WasmCode => [...a, ...b, ...simd(0xf2)],
  div: (a: WasmCode, b: WasmCode): WasmCode => [...a, ...b, ...simd(0xf3)],
}

/** At a multiple of 2³, with no offset. */
const ALIGNED = [3, 0]

function simd(operation: number): WasmCode {
  return [0xfd, ...unsigned(operation)]
}

function section(id: number, entries: readonly WasmCode[]): WasmCode {
  const content = vector(entries)
  return [id, ...unsigned(content.length), ...content]
}

function vector(entries: readonly WasmCode[]): WasmCode {
  return [...unsigned(entries.length), ...entries.flat()]
}

function text(value: string): WasmCode {
  const bytes = new TextEncoder().encode(value)
  return [...unsigned(bytes.length), ...bytes]
}

/** LEB128; the signed form is the same below 64. */
function unsigned(value: number): WasmCode {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}
