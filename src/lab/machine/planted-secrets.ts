/** Secrets planted on every simulated machine: a test looks for them where none may ever appear. */

const keyBody = 'RUNBOOKCANARYPRIVATEKEY';

/** Recognisable values, each of which lies on the machine where a real one would. */
export const plantedSecrets = {
  /** DAEMON_TOKEN of the daemon and the operator. */
  daemonToken: 'CANARYdaemontokenL4ub0ElG8cVMonn',
  /** GitHub OAuth client secret, a hidden item of the app's configuration. */
  oauthSecret: 'canary0oauth0secret0d1f5c9b7e3a2',
  /** Passphrase of the app's own encryption, a hidden item as well. */
  passphrase: 'canary-secret-passphrase-7f3a',
  /** A private key in the administrator's home. */
  privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${keyBody.repeat(3)}\n-----END OPENSSH PRIVATE KEY-----\n`,
  /** What the private key is recognised by. */
  privateKeyMark: keyBody,
} as const;
