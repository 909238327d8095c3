import { createHash, verify, X509Certificate } from 'node:crypto';

/** One element of DER: its tag, all of its bytes, its content, and its children when it has any. */
type Element = { tag: number; bytes: Buffer; content: Buffer };

function readElement(bytes: Buffer, at = 0): Element {
  const first = bytes.readUInt8(at + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
  const start = at + 2 + lengthBytes;
  return {
    tag: bytes.readUInt8(at),
    bytes: bytes.subarray(at, start + length),
    content: bytes.subarray(start, start + length),
  };
}

function children({ content }: Element): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < content.length;) {
    const element = readElement(content, at);
    found.push(element);
    at += element.bytes.length;
  }
  return found;
}

/** OIDs as DER writes them. */
const messageDigestOid = '2a864886f70d010904';
const digestNames: Record<string, string> = { '608648016503040201': 'sha256', '2b0e03021a': 'sha1' };

/**
 * Checks a detached CMS signature (RFC 5652), apart from whatever made it: the digest of the content, the signature over
 * the attributes by the signer's certificate, and that certificate's own by the issuer's.
 * @returns the signer's certificate.
 * @throws Error that says what does not hold.
 */
export function checkCms(signature: Buffer, content: Buffer, issuer: X509Certificate): X509Certificate {
  const [, signed] = children(readElement(signature));
  const parts = children(children(signed!)[0]!);
  const certificates = children(parts.find(({ tag }) => tag === 0xa0)!).map(
    ({ bytes }) => new X509Certificate(bytes),
  );
  const [signer] = children(parts.at(-1)!);
  const [, , digestAlgorithm, attributes, , value] = children(signer!);
  const digestOid = children(digestAlgorithm!)[0]!.content.toString('hex');
  const hash = digestNames[digestOid] ?? digestOid;
  const digestAttribute = children(attributes!)
    .map(children)
    .find(([oid]) => oid!.content.toString('hex') === messageDigestOid);
  const told = children(digestAttribute![1]!)[0]!.content;
  if (!createHash(hash).update(content).digest().equals(told)) throw new Error('the content is another');
  // What is signed is the set of attributes under its own tag.
  const set = Buffer.concat([Buffer.from([0x31]), attributes!.bytes.subarray(1)]);
  const certificate = certificates.find((one) => verify(hash, set, one.publicKey, value!.content));
  if (!certificate) throw new Error('no certificate of the signature has signed it');
  if (!certificate.verify(issuer.publicKey)) throw new Error('the certificate is not of the issuer');
  return certificate;
}
