/**
 * What every command needs from node:util. An `import` of it reads all of its properties, one of which loads worker
 * threads: 5 ms of a command’s start.
 */
export const { format, parseEnv, stripVTControlCharacters, styleText } = process.getBuiltinModule('node:util')
