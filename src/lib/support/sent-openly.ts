const LOOPBACK = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** True for an address whose requests anybody on the way can read: without encryption, and to another machine. */
export function isSentOpenly(address: string): boolean {
  const url = URL.parse(address)
  return url?.protocol === 'http:' && !LOOPBACK.test(url.hostname)
}
