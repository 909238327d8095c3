import { generateKeyPairSync, randomBytes } from 'node:crypto';
import forge from 'node-forge';
import type { PassKeys } from './apple-pass.ts';

const yearMilliseconds = 31_536_000_000;

function makeKeys(): {
  pem: string;
  publicKey: forge.pki.rsa.PublicKey;
  privateKey: forge.pki.rsa.PrivateKey;
} {
  // Node makes them in a tenth of a second, the library in several.
  const { privateKey: pem } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const privateKey = forge.pki.privateKeyFromPem(pem);
  return { pem, privateKey, publicKey: forge.pki.setRsaPublicKey(privateKey.n, privateKey.e) };
}

function makeCertificate(
  publicKey: forge.pki.rsa.PublicKey,
  now: Date,
  subject: forge.pki.CertificateField[],
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  // A serial number that begins with a bit of 1 would be negative.
  certificate.serialNumber = `00${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(now.getTime() - 86_400_000);
  certificate.validity.notAfter = new Date(now.getTime() + yearMilliseconds);
  certificate.setSubject(subject);
  return certificate;
}

/** Keys to try passes with, where Apple's are not configured: sound in every way, but trusted by no telephone. */
export function makeTestPassKeys(now: Date): PassKeys {
  const passTypeId = 'pass.test.taquilla';
  const teamId = 'TAQUILLA00';
  const root = makeKeys();
  const rootName = [{ name: 'commonName', value: 'Taquilla test passes' }];
  const rootCertificate = makeCertificate(root.publicKey, now, rootName);
  rootCertificate.setIssuer(rootName);
  rootCertificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
  ]);
  rootCertificate.sign(root.privateKey, forge.md.sha256.create());
  const leaf = makeKeys();
  const leafCertificate = makeCertificate(leaf.publicKey, now, [
    { type: '0.9.2342.19200300.100.1.1', value: passTypeId },
    { name: 'commonName', value: `Pass Type ID: ${passTypeId}` },
    { name: 'organizationalUnitName', value: teamId },
  ]);
  leafCertificate.setIssuer(rootName);
  leafCertificate.setExtensions([{ name: 'keyUsage', digitalSignature: true, critical: true }]);
  leafCertificate.sign(root.privateKey, forge.md.sha256.create());
  return {
    passTypeId,
    teamId,
    certificate: forge.pki.certificateToPem(leafCertificate),
    key: leaf.pem,
    wwdr: forge.pki.certificateToPem(rootCertificate),
  };
}
