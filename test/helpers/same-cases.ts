import fc from 'fast-check'

/** Property tests use the same cases each time, so that none fails by chance; `npm run test:full` draws new ones. */
fc.configureGlobal({ seed: 1 })
