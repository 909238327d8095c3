import ipaddr from 'ipaddr.js';

/** Whether an address of a network is one of the open internet; `loopbackAllowed` lets this machine be one, for tests. */
export function isPublicAddress(address: string, loopbackAllowed: boolean): boolean {
  if (!ipaddr.isValid(address)) return false;
  // An IPv4 address in the clothes of an IPv6 one is judged as what it is.
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === 'loopback') return loopbackAllowed;
  if (range !== 'unicast') return false;
  // What IANA has given out for global use: 2000::/3.
  return parsed.kind() === 'ipv4' || parsed.match(ipaddr.parseCIDR('2000::/3'));
}

/** The host of a URL without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/**
 * Why a URL can be no endpoint, in a sentence; null when it can. What its name leads to is looked at when it is connected
 * to, each time.
 */
export function findUrlFault(text: string, loopbackAllowed: boolean): string | null {
  if (!URL.canParse(text)) return 'This is not an address.';
  const url = new URL(text);
  const host = hostOf(url);
  const isLocal = host === 'localhost' || host.endsWith('.localhost') || ipaddr.isValid(host);
  if (url.username !== '' || url.password !== '') return 'The address must not contain a name or a password.';
  if (url.hash !== '') return 'The address must not contain a fragment (#).';
  const isTest = loopbackAllowed && url.protocol === 'http:';
  if (url.protocol !== 'https:' && !isTest) return 'The address must start with https://.';
  if (ipaddr.isValid(host)) {
    return isPublicAddress(host, loopbackAllowed) ? null : 'The address is not one of the open internet.';
  }
  if (isLocal) return loopbackAllowed ? null : 'The address is this machine.';
  return host.includes('.') ? null : 'The address has no full domain name.';
}
