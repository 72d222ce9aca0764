/**
 * Secrets that are known by their own shape and not by how they begin alone. What is taken without a
 * limit is taken for good: so no text is gone over twice. Pure.
 */

/** A shape, and what is written in its place. */
export interface Shape {
  readonly name: string;
  /** What matches goes, except for the group `before`. */
  readonly pattern: RegExp;
  readonly mark?: '[private key]' | '[access key]';
}

export const shapes: readonly Shape[] = [
  {
    name: 'private key of PuTTY',
    pattern: /(?<before>Private-Lines: \d{1,4}\r?\n)(?:[\w+/=]{1,80}(?:\r?\n|$))+/g,
    mark: '[private key]',
  },
  {
    // `-----BEGIN` in base64, as files travel in JSON.
    name: 'private key in base64',
    pattern: /LS0tLS1CRUdJTi[\w+/=-]*|AGE-SECRET-KEY-1[A-Z0-9]*/g,
    mark: '[private key]',
  },
  {
    name: 'AWS access key',
    pattern: /(?<![A-Z0-9])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])/g,
    mark: '[access key]',
  },
  { name: 'hook of Slack', pattern: /(?<before>hooks\.slack\.com\/[a-z]{1,20}\/)[\w/-]+/g },
  { name: 'hook of Discord', pattern: /(?<before>\/api\/webhooks\/)[\w/-]+/g },
  { name: 'hook of Teams', pattern: /(?<before>\/webhookb2\/)[\w/@-]+/g },
  { name: 'hook of Zapier', pattern: /(?<before>hooks\.zapier\.com\/)[\w/-]+/g },
  { name: 'Telegram', pattern: /(?<!\d)\d{5,16}:A[\w-]{34}(?![\w-])/g },
  { name: 'Azure', pattern: /(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}/g },
  { name: 'Vault before 1.10', pattern: /(?<![\w.-])[sb]\.[A-Za-z0-9]{24}(?![\w.-])/g },
  { name: 'Terraform Cloud', pattern: /(?<![\w.-])\w{14}\.atlasv1\.[\w-]{40,200}/g },
  { name: 'SendGrid', pattern: /(?<![\w.-])SG\.[\w-]{16,64}\.[\w-]{16,128}/g },
  { name: 'Mailgun', pattern: /(?<![\w-])key-[0-9a-f]{32}(?!\w)/g },
  { name: 'Mailchimp', pattern: /(?<!\w)[0-9a-f]{32}-us\d{1,2}(?!\w)/g },
  { name: 'Twilio', pattern: /(?<!\w)SK[0-9a-fA-F]{32}(?!\w)/g },
  { name: '1Password', pattern: /(?<![\w-])A3-[A-Z0-9]{6}-[A-Z0-9-]{20,40}/g },
  {
    name: 'bearer of a token',
    pattern: /(?<![\w-])(?<before>[Bb]earer )[\w.~+/=-]{16,}/g,
  },
];
