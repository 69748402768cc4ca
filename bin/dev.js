#!/usr/bin/env node
import { handle, run, settings } from '@oclif/core'
import { sourceOptions } from './source.ts'

settings.enableAutoTranspile = false
run(process.argv.slice(2), await sourceOptions()).catch(handle)
