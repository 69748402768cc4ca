import { workerData } from 'node:worker_threads'
import type { SharedUpdate } from './update-pieces.ts'
import { PieceUpdater } from './update-pieces.ts'

new PieceUpdater(workerData as SharedUpdate).help()
