import fc from 'fast-check'

/** Property tests try the same cases each time, so that none fails by luck; `npm run test:full` draws new ones. */
fc.configureGlobal({ seed: 1 })
